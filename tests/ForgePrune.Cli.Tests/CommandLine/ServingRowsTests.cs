using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Verbs;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx.Providers;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What doctor says of serving on a GPU, by builds, drivers, and libraries that are made for it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ServingRowsTests
{
    private const string Gpu = "Microsoft.ML.OnnxRuntime.Gpu.Linux 1.31.0, gpu", Cpu = "Microsoft.ML.OnnxRuntime 1.31.1, cpu";

    private static readonly string[] Names = ["build", "provider", "CUDA 13", "driver", "free memory", "CUDA graphs", "bfloat16"];

    private static readonly CudaLibraries All = new(CudaLibraries.Linked.ToDictionary(library => library, library => $"/cuda/{library}"), []);

    [Test]
    public void Where_all_is_there_every_row_is_ready_and_has_no_cure()
    {
        var rows = Rows();
        Assert.That(rows.Select(row => row.Name), Is.EqualTo(Names));
        Assert.That(rows.Select(row => (row.Ready, row.Cure)), Is.All.EqualTo((true, (string?)null)));
        Assert.That(Row(rows, "build").Found, Is.EqualTo(Gpu));
        Assert.That(Row(rows, "CUDA 13").Found, Does.StartWith("/cuda/libcudart.so.13, ").And.EndsWith("/cuda/libcurand.so.10"));
        Assert.That(Row(rows, "driver").Found, Is.EqualTo("CUDA 13.0, driver 580.65.06"));
        Assert.That(Row(rows, "free memory").Found, Is.EqualTo("Made H100 79.1 GiB of 80.0 GiB"));
        Assert.That(Row(rows, "bfloat16").Found, Does.Contain("9.0").And.Contain("cuda/bf16"));
    }

    [Test]
    public void A_build_for_processors_is_told_how_to_become_another()
    {
        var rows = Rows(new("1.31.1", ["CPUExecutionProvider"], true, null, Cpu, false, All));
        foreach (var name in new[] { "build", "provider" })
            Assert.That((Row(rows, name).Ready, Row(rows, name).Cure), Is.EqualTo((false, Row(rows, "build").Cure)));
        Assert.That(Row(rows, "build").Cure, Does.Contain("eng/setup.sh --gpu").And.Contain("forgeprune-gpu"));
        Assert.That(Row(rows, "provider").Found, Is.EqualTo("for processors only"));
        NotOffered(rows);
        // What is there is not called missing.
        Assert.That(Row(rows, "CUDA 13").Ready && Row(rows, "driver").Ready, Is.True);
    }

    [Test]
    public void A_gpu_build_without_its_provider_holds_another_runtime()
    {
        var rows = Rows(new("1.31.1", ["CPUExecutionProvider"], true, null, Gpu, false, All));
        Assert.That((Row(rows, "build").Ready, Row(rows, "provider").Ready), Is.EqualTo((true, false)));
        Assert.That(Row(rows, "provider").Cure, Does.Contain("empty folder"));
        Assert.That(Row(Rows(new(null, [], true, "no library", Gpu, false, All)), "provider").Found, Does.Contain("does not load"));
    }

    [Test]
    public void Libraries_are_listed_with_what_is_missing()
    {
        var some = new CudaLibraries(
            new Dictionary<string, string> { [CudaLibraries.Runtime] = "/here/libcudart.so.13" }, ["libcublas.so.13", "libcurand.so.10"]);
        var row = Row(Rows(Runtime with { Cuda = some }), "CUDA 13");
        Assert.That(row, Is.EqualTo(new ServingRow("CUDA 13", false, "/here/libcudart.so.13; without libcublas.so.13, libcurand.so.10", CudaLibraries.Cure)));
        var none = new CudaLibraries(new Dictionary<string, string>(), CudaLibraries.Linked);
        Assert.That(Row(Rows(Runtime with { Cuda = none }), "CUDA 13").Found, Does.StartWith("without libcudart.so.13"));
    }

    [TestCase("CUDA 12.8, driver 570.1", false)]
    [TestCase("CUDA 13.1", true)]
    [TestCase("CUDA 14.0", true)]
    public void A_driver_has_to_speak_the_cuda_of_the_libraries(string driver, bool ready)
    {
        var row = Row(Rows(cuda: Cuda(driver)), "driver");
        Assert.That((row.Ready, row.Cure), Is.EqualTo((ready, ready ? null : "install NVIDIA's driver 580 or later")));
        Assert.That(row.Found, Does.StartWith(driver));
    }

    [Test]
    public void Without_a_driver_its_fault_and_cure_are_those_of_the_list()
    {
        var rows = Rows(null, new("CUDA", [], "libcuda.so.1 is not on this machine", "CUDA needs a GPU of NVIDIA and its driver"), null);
        Assert.That((Row(rows, "driver").Found, Row(rows, "driver").Cure), Is.EqualTo(
            ("libcuda.so.1 is not on this machine", "CUDA needs a GPU of NVIDIA and its driver")));
        Assert.That((Row(rows, "free memory").Ready, Row(rows, "free memory").Cure), Is.EqualTo(
            (false, "nvidia-smi comes with NVIDIA's driver; look what it says")));
        NotOffered(rows);
    }

    [TestCase("7.5", false)]
    [TestCase("8.0", true)]
    [TestCase("12.1", true)]
    public void Bfloat16_wants_a_chip_that_has_it(string chip, bool ready)
    {
        var row = Row(Rows(cuda: Cuda("CUDA 13.0", chip)), "bfloat16");
        Assert.That((row.Ready, row.Found.Contains(chip, StringComparison.Ordinal), row.Cure is null), Is.EqualTo((ready, true, ready)));
    }

    [Test]
    public void A_gpu_that_others_have_filled_is_named()
    {
        var row = Row(Rows(null, null, [new("Made H100", "580.1", 80L << 30, 0)]), "free memory");
        Assert.That((row.Ready, row.Found, row.Cure), Is.EqualTo((false, "Made H100 0 B of 80.0 GiB", "end what else uses the GPU; nvidia-smi lists it")));
    }

    [Test]
    public void Lines_of_nvidia_smi_are_read()
    {
        Assert.That(GpuUse.Read("NVIDIA H100, 580.65.06, 81559, 81079\nGB10, 580.9, [N/A], [N/A]\n\n"), Is.EqualTo(new[]
        {
            new GpuUse("NVIDIA H100", "580.65.06", 81559L << 20, 81079L << 20), new GpuUse("GB10", "580.9", null, null),
        }));
        Assert.That(GpuUse.Read("No devices were found\n"), Is.Empty);
    }

    private static RuntimeFacts Runtime { get; } = new("1.31.0", ["CUDAExecutionProvider", "CPUExecutionProvider"], true, null, Gpu, true, All);

    private static IReadOnlyList<GpuUse> Use { get; } = [new("Made H100", "580.65.06", 80L << 30, 81000L << 20)];

    private static IReadOnlyList<ServingRow> Rows(RuntimeFacts? runtime = null, GpuApi? cuda = null) => Rows(runtime, cuda, Use);

    private static IReadOnlyList<ServingRow> Rows(RuntimeFacts? runtime, GpuApi? cuda, IReadOnlyList<GpuUse>? use) =>
        ServingRows.Of(runtime ?? Runtime, cuda ?? Cuda("CUDA 13.0, driver 580.65.06"), use);

    private static GpuApi Cuda(string driver, string chip = "9.0") => new("CUDA", [new("Made H100", "cuda:0", 80L << 30, driver, chip)]);

    private static ServingRow Row(IReadOnlyList<ServingRow> rows, string name) => rows.Single(row => row.Name == name);

    private static void NotOffered(IReadOnlyList<ServingRow> rows)
    {
        Assert.That((Row(rows, "CUDA graphs").Ready, Row(rows, "CUDA graphs").Cure), Is.EqualTo((false, "see to the rows above")));
        Assert.That((Row(rows, "bfloat16").Ready, Row(rows, "bfloat16").Cure), Is.EqualTo((false, "see to the rows above")));
    }
}
