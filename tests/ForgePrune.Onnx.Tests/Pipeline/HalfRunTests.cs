using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>A run whose exports and forward passes are float16, as those for a GPU are, on the processor.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class HalfRunTests : SyntheticRunFixture
{
    [Test]
    public void Exports_are_float16_and_proved_by_its_rounding()
    {
        var settings = Settings("half", new Target(Metric.Decode, 1 / 1.1));
        LentMemory memory = new("made", 3);
        var runtime = new OnnxServing(ServingProvider.Cpu, OnnxFloat.F16, new BlockPlace(ServingProvider.Cpu, OnnxFloat.F16) { Lends = memory });
        var heard = new Heard();
        var result = PrunePipeline.Run(settings, runtime, LargeModels.Usual, new Telling(), heard, default);
        Assert.That(heard.Notes, Has.Exactly(1).EqualTo("plan: made:3 passes the host"));
        Assert.That(result.Summary.Provider, Is.EqualTo("cpu"));
        Assert.That(result.Summary.Speedup, Is.Not.Null);
        foreach (var name in new[] { "dense", "onnx" })
        {
            using var decoder = OnnxDecoder.Open(Path.Combine(settings.Out, name), 1);
            Assert.That(decoder.Signature.Caches.Select(cache => cache.Type), Is.All.EqualTo(TensorElementType.Float16), name);
        }

        var proof = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "proof", "proof.json")))!;
        // Beyond float32's rounding, and within that of float16: the proof has not looked at another file.
        Assert.That((double)proof["exportDifference"]!, Is.InRange(1e-5, 1e-2));
        Assert.That((double)proof["maskedDifference"]!, Is.LessThan(1e-4));
        var table = JsonNode.Parse(File.ReadAllText(Directory.GetFiles(Path.Combine(settings.Out, "latency"), "latency*.json").Single()))!;
        Assert.That((string?)table["settings"]!["type"], Is.EqualTo("f16"));
        var summary = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!;
        Assert.That((string?)summary["provider"], Is.EqualTo("cpu"));
        Assert.That((string?)summary["device"], Does.EndWith("; forward passes in float16 on cpu"));
        foreach (var manifest in Directory.GetFiles(Path.Combine(settings.Out, "manifests"), "*.json"))
            Assert.That((string?)JsonNode.Parse(File.ReadAllText(manifest))!["key"]!["device"], Does.Contain("forward passes in float16"), manifest);
    }

    [Test]
    public void A_head_that_no_memory_is_left_for_ends_a_run_before_any_work()
    {
        var settings = Settings("full", new Target(Metric.Prunable, 0.6));
        var place = new BlockPlace(ServingProvider.Cpu, OnnxFloat.F16) { Free = () => 100 };
        Assert.That(() => PrunePipeline.Run(settings, new OnnxServing(ServingProvider.Cpu, OnnxFloat.F16, place), NoProgress.Instance, default),
            Throws.TypeOf<BrokenEnvironmentException>().With.Message.StartsWith("the output head (").And.Message.Contains("where 100 B are free"));
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "calibration")), Is.False);
    }

    [Test]
    public void Keys_of_runs_on_the_processor_say_nothing_of_a_provider()
    {
        var settings = Settings("plain", new Target(Metric.Prunable, 0.6));
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        var manifests = Directory.GetFiles(Path.Combine(settings.Out, "manifests"), "*.json");
        Assert.That(manifests, Is.Not.Empty);
        foreach (var manifest in manifests)
        {
            var key = JsonNode.Parse(File.ReadAllText(manifest))!["key"]!;
            Assert.That(key["settings"]!.AsObject().ContainsKey("provider"), Is.False, manifest);
            Assert.That((string?)key["device"], Does.Not.Contain("forward"), manifest);
        }
    }

    /// <summary>The processor, which has a word for every memory.</summary>
    private sealed class Telling : IPruningDevice
    {
        private readonly CpuDevice processor = new(1);

        public string Name => processor.Name;

        public int Threads => processor.Threads;

        string? IPruningDevice.Reading(LentMemory memory) => $"{memory} passes the host";

        public IGramSum Gram(int cols) => processor.Gram(cols);

        public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead) =>
            processor.Order(hessian, n, weights, rows, dead);

        public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
            processor.Groups(hessian, n, weights, rows, dead, width);

        public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
            processor.Factor(hessian, n, moment, rows, order);
    }
}
