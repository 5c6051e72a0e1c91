using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Onnx.Timing;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Providers;

public sealed class ServingProviderTests
{
    private static readonly TimingSettings Small = new() { Threads = 1, Prompt = 4, Context = 3 };

    [TestCase("cpu", null, "cpu", "cpu")]
    [TestCase("cuda", 0, "cuda", "cuda")]
    [TestCase("cuda:0", 0, "cuda", "cuda")]
    [TestCase("cuda:1", 1, "cuda:1", "cuda")]
    [TestCase("cuda/graph", 0, "cuda/graph", "cuda/graph")]
    [TestCase("cuda:1/graph", 1, "cuda:1/graph", "cuda/graph")]
    [TestCase("cuda/bf16", 0, "cuda/bf16", "cuda/bf16")]
    [TestCase("cuda:0/bf16", 0, "cuda/bf16", "cuda/bf16")]
    [TestCase("cuda:2/bf16", 2, "cuda:2/bf16", "cuda/bf16")]
    [TestCase("cuda:1/bf16/graph", 1, "cuda:1/bf16/graph", "cuda/bf16/graph")]
    public void A_name_is_read_and_written(string text, int? index, string name, string kind)
    {
        var provider = ServingProvider.Parse(text);
        Assert.That(provider.BFloat16, Is.EqualTo(text.Contains("bf16", StringComparison.Ordinal)));
        Assert.That((provider.CudaIndex, provider.Name, provider.Kind, $"{provider}"), Is.EqualTo((index, name, kind, name)));
        Assert.That(ServingProvider.Parse(name), Is.EqualTo(provider));
    }

    [TestCase("")]
    [TestCase("CPU")]
    [TestCase("cpu:0")]
    [TestCase("cuda:")]
    [TestCase("cuda:-1")]
    [TestCase("cuda:all")]
    [TestCase("cuda:1000")]
    [TestCase("cuda:1:1")]
    [TestCase("rocm")]
    [TestCase("cuda/exact")]
    [TestCase("cuda/graph:1")]
    [TestCase("cpu/bf16")]
    [TestCase("cuda/f16")]
    [TestCase("cuda/bf16/bf16")]
    [TestCase("/bf16")]
    [TestCase("cuda/graph/graph")]
    public void Any_other_is_refused_by_name(string text) =>
        Assert.That(() => ServingProvider.Parse(text), Throws.TypeOf<BadInputException>().With.Message.Contains($"'{text}'").And.Message.Contains("cuda:1"));

    [Test]
    public void The_processor_has_no_graphs()
    {
        foreach (var refused in new[] { () => ServingProvider.Cpu.WithCudaGraph(), () => ServingProvider.Parse("cpu/graph") })
            Assert.That(() => refused(), Throws.TypeOf<BadInputException>().With.Message.Contains("`Provider` is cpu; set it to cuda"));
        Assert.That(ServingProvider.Cuda(2).WithCudaGraph(), Is.EqualTo(ServingProvider.Parse("cuda:2/graph")).And.Not.EqualTo(ServingProvider.Cuda(2)));
    }

    [Test]
    public void Options_are_spelled_as_ONNX_Runtime_reads_them()
    {
        Assert.That(CudaProvider.Options(0, exact: false, graph: false), Is.EqualTo(new Dictionary<string, string> { ["device_id"] = "0" }));
        Assert.That(CudaProvider.Options(11, exact: true, graph: true),
            Is.EqualTo(new Dictionary<string, string> { ["device_id"] = "11", ["use_tf32"] = "0", ["enable_cuda_graph"] = "1" }));
        Assert.That(CudaProvider.Options(0, exact: false, graph: false, tight: true),
            Is.EqualTo(new Dictionary<string, string> { ["device_id"] = "0", ["arena_extend_strategy"] = "kSameAsRequested" }));
    }

    [Test]
    public void What_no_graph_can_hold_is_refused_before_a_file_is_written()
    {
        using var folder = new TemporaryFolder();
        var serving = new OnnxServing(ServingProvider.Cuda().WithCudaGraph(), OnnxFloat.F16);
        foreach (var (config, said) in new[]
        {
            (SyntheticModels.Config(headDim: 24), "heads of 24"), (ExportCases.Plain with { MaxPositions = 2_000_000 }, "2000000 of them"),
        })
        {
            using var model = SyntheticModels.Random(config, seed: 1);
            Assert.That(() => serving.Export(model, folder.Path, tokenizer: null),
                Throws.TypeOf<BadInputException>().With.Message.Contains(said).And.Message.Contains("leave `Provider.CudaGraph` out"));
        }

        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void Cuda_is_refused_in_one_sentence_where_it_is_not()
    {
        Assume.That(CudaProvider.IsBuilt, Is.False, "this build has the provider");
        Assert.That(() => OnnxServing.Cuda(1), Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains("`Provider` cuda:1")
            .And.Message.Contains("OnnxRuntimeFlavor=gpu").And.Message.Contains("forgeprune-gpu"));
        Assert.That(OnnxServing.On(ServingProvider.Cpu), Is.SameAs(OnnxServing.Cpu));
        var cpu = OnnxServing.Cpu;
        Assert.That((cpu.Provider, cpu.ExportRounding, cpu.Conditions()), Is.EqualTo((ServingProvider.Cpu, 0.0, (string?)null)));
    }

    [Test]
    public void Experts_are_refused_for_a_gpu_before_a_file_is_written()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticExperts.All.First().Value, seed: 1);
        Assert.That(() => new OnnxServing(ServingProvider.Cuda(), OnnxFloat.F16).Export(model, folder.Path, tokenizer: null),
            Throws.TypeOf<BadInputException>().With.Message.Contains("exports for cuda are float16, and experts").And.Message.Contains("`Provider` to cpu"));
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void A_weight_beyond_float16_is_refused_before_a_file_is_written()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 1);
        model.ReadLayer(0).Mlp!.Down.Values[0] = 1e6f;
        Assert.That(() => new OnnxServing(ServingProvider.Cuda(), OnnxFloat.F16).Export(model, folder.Path, tokenizer: null),
            Throws.TypeOf<BadInputException>().With.Message.Contains("f32 on a processor"));
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void What_was_measured_on_the_processor_is_known_by_what_it_was_before()
    {
        var cpu = LatencyKey.Of(ExportCases.Plain, Small, ServedAs.Usual);
        Assert.That(cpu.Keys, Has.Count.EqualTo(18).And.Not.Contain("gpu").And.Not.Contain("driver").And.Not.Contain("type"));
        Assert.That(cpu["provider"], Is.EqualTo("cpu"));
        var cuda = LatencyKey.Of(ExportCases.Plain, Small, new(ServingProvider.Cuda(1), OnnxFloat.F16));
        Assert.That((cuda["provider"], cuda["type"]), Is.EqualTo(("cuda", "f16")));
        Assert.That(cuda.Keys.Except(cpu.Keys), Is.EquivalentTo(new[] { "gpu", "driver", "type" }));
        Assert.That(LatencyKey.Of(ExportCases.Plain, Small, new(ServingProvider.Cuda().WithCudaGraph(), OnnxFloat.F16))["provider"], Is.EqualTo("cuda/graph"));
    }

    [Test]
    public void A_table_of_float16_is_another_table()
    {
        using var folder = new TemporaryFolder();
        var half = LatencyMeasurer.Measure(ExportCases.Plain, new([new(1, 2)], [16]), Small, folder.Path, served: new(ServingProvider.Cpu, OnnxFloat.F16));
        LatencyMeasurer.Measure(ExportCases.Plain, new([], [16]), Small, folder.Path);
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(2));
        Assert.That(half.Settings["type"], Is.EqualTo("f16"));
        Assert.That(half.Decode.FixedSeconds, Is.Positive);
    }

    [TestCase("NVIDIA H100 80GB HBM3, 580.65.06, 1980, 2619, 0x0000000000000000\n", "NVIDIA H100 80GB HBM3, driver 580.65.06, 1980 MHz, memory 2619 MHz")]
    [TestCase("Tesla T4, 580.1, 585, 5001, 0x0000000000000044",
        "Tesla T4, driver 580.1, 585 MHz, memory 5001 MHz, held down: limit of power by software, too hot, by hardware")]
    [TestCase("A, 1, 300, 405, 0x0000000000000001", "A, driver 1, 300 MHz, memory 405 MHz")]
    [TestCase("GB10, 580.9, [N/A], [N/A], [N/A]", "GB10, driver 580.9")]
    public void What_nvidia_smi_says_becomes_one_line(string line, string said) => Assert.That($"{GpuConditions.Read(line)}", Is.EqualTo(said));

    [TestCase("")]
    [TestCase("No devices were found")]
    public void Anything_else_it_says_is_nothing(string line) => Assert.That(GpuConditions.Read(line), Is.Null);
}
