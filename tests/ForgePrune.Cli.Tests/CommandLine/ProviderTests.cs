using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Tests.EndToEnd;
using ForgePrune.Onnx.Providers;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What --provider chooses, and what is said where a GPU cannot serve.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ProviderTests
{
    [TestCase("cpu", true, "cpu")]
    [TestCase("opencl", true, "cpu")]
    [TestCase("ilgpu-cpu:4", true, "cpu")]
    [TestCase("cuda", true, "cuda")]
    [TestCase("cuda:1", true, "cuda:1")]
    [TestCase("cuda:999", true, "cuda:999")]
    [TestCase("cuda:all", true, "cuda")]
    [TestCase("cuda/exact", true, "cuda")]
    [TestCase("cuda:1/exact", true, "cuda:1")]
    [TestCase("cuda", false, "cpu")]
    [TestCase("cuda:1", false, "cpu")]
    public void Unsaid_it_is_of_the_kind_of_the_device_where_the_build_can(string device, bool hasCuda, string provider)
    {
        Assert.That(ProviderChoice.Like(device, () => hasCuda).Name, Is.EqualTo(provider));
        Assert.That(ProviderChoice.Of(ServingProvider.Cuda(3), device), Is.EqualTo(ServingProvider.Cuda(3)), "what is said counts");
    }

    [TestCase("eval model --text text.bin --provider cuda")]
    [TestCase("generate model --prompt a --provider cuda:1")]
    [TestCase("bench model --provider cuda")]
    [TestCase("prune model --out run --target 0.6 --calibration text.bin --provider cuda")]
    [Category("Slow")]
    public void A_build_without_cuda_says_so_before_anything_is_done(string words)
    {
        Assume.That(CudaProvider.IsBuilt, Is.False, "this build has the provider");
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        var tool = Tool.Run(folder, words.Split(' '));
        Assert.That((tool.ExitCode, tool.ErrorLines.Length), Is.EqualTo((3, 1)), tool.Error);
        Assert.That(tool.ErrorLines[0], Does.StartWith("forgeprune: --provider cuda").And.Contain("OnnxRuntimeFlavor=gpu").And.Contain("forgeprune-gpu"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [TestCase("bench model --cuda-graph")]
    [TestCase("bench model --cuda-graph --provider cpu")]
    [TestCase("prune model --out run --target 0.6 --calibration text.bin --cuda-graph")]
    public void Graphs_without_a_gpu_are_refused_in_one_sentence(string words)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        var tool = Tool.Run(folder, words.Split(' '));
        Assert.That((tool.ExitCode, tool.ErrorLines), Is.EqualTo((2, new[]
        {
            "forgeprune: --cuda-graph captures decode steps of a GPU, and --provider is cpu; set it to cuda, or leave --cuda-graph out",
        })));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    [Category("Slow")]
    public void Many_machines_serve_on_the_processor()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        var tool = Tool.Run(folder, PruneRun.Words("run", "--plan-jobs", "--provider", "cuda"));
        Assert.That((tool.ExitCode, tool.ErrorLines.Length), Is.EqualTo((2, 1)), tool.Error);
        Assert.That(tool.Error, Does.Contain("give --provider cpu"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }
}
