using ForgePrune.Kernels;
using ForgePrune.Onnx.Providers;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Providers;

/// <summary>Libraries of CUDA in folders that are made for it, as its packages for systems and for Python lay them out.</summary>
public sealed class CudaLibrariesTests
{
    private const string Newest = "usr/local/cuda-13.2/lib64", Older = "usr/local/cuda-13.0/lib64";

    [Test]
    public void What_the_loader_knows_comes_first_then_the_user_s_folder_the_system_s_and_python_s()
    {
        using var root = new TemporaryFolder();
        Make(root, "home/lib64", "libcublas.so.13");
        Make(root, Newest, "libcublas.so.13", "libcublasLt.so.13");
        Make(root, Older, "libcublasLt.so.13");
        Make(root, "venv/lib/python3.12/site-packages/nvidia/cu13/lib", "libcublasLt.so.13", "libcurand.so.10");
        var found = CudaLibraries.Find(Folders(root, ("CUDA_HOME", root["home"]), ("VIRTUAL_ENV", root["venv"])), library => library == CudaLibraries.Runtime);
        Assert.That(found.Missing, Is.Empty);
        Assert.That(found.Found, Is.EqualTo(new Dictionary<string, string>
        {
            [CudaLibraries.Runtime] = CudaLibraries.Runtime,
            ["libcublasLt.so.13"] = root[Newest + "/libcublasLt.so.13"],
            ["libcublas.so.13"] = root["home/lib64/libcublas.so.13"],
            ["libcurand.so.10"] = root["venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcurand.so.10"],
        }));
        Assert.That(found.Found.Keys, Is.EqualTo(CudaLibraries.Linked), "each behind what it links itself");
    }

    [TestCase("usr/lib/python3/dist-packages/nvidia/cublas/lib")]
    [TestCase("usr/local/lib/python3.11/dist-packages/nvidia/cu13/lib")]
    [TestCase("opt/conda/lib/python3.13/site-packages/nvidia/cublas/lib")]
    [TestCase("me/.local/lib/python3.10/site-packages/nvidia/cublas/lib")]
    [TestCase("usr/local/cuda/targets/x86_64-linux/lib")]
    public void Every_place_is_looked_into(string place)
    {
        using var root = new TemporaryFolder();
        Make(root, place, "libcublas.so.13");
        var found = CudaLibraries.Find(Folders(root, ("HOME", root["me"])), _ => false);
        Assert.That(found.Found, Is.EqualTo(new Dictionary<string, string> { ["libcublas.so.13"] = Path.Combine(root[place], "libcublas.so.13") }));
        Assert.That(found.Missing, Is.EqualTo(CudaLibraries.Linked.Except(["libcublas.so.13"])));
    }

    [Test]
    public void Of_another_version_is_as_good_as_missing()
    {
        using var root = new TemporaryFolder();
        Make(root, "usr/local/cuda-12.9/lib64", "libcublas.so.12", "libcublasLt.so.12", "libcudart.so.12");
        var found = CudaLibraries.Find(Folders(root), _ => false);
        Assert.That(found.Found, Is.Empty);
        Assert.That(found.Missing, Is.EqualTo(CudaLibraries.Linked));
    }

    [Test]
    public void An_empty_system_has_no_folders()
    {
        using var root = new TemporaryFolder();
        Assert.That(Folders(root, ("CUDA_HOME", ""), ("CONDA_PREFIX", root["absent"])), Is.Empty);
    }

    private static string[] Folders(TemporaryFolder root, params (string Name, string Value)[] variables) =>
        [.. CudaFolders.All(name => variables.FirstOrDefault(variable => variable.Name == name).Value, root.Path)];

    private static void Make(TemporaryFolder root, string place, params string[] libraries)
    {
        Directory.CreateDirectory(root[place]);
        foreach (var library in libraries)
            root.Write($"{place}/{library}", "");
    }
}
