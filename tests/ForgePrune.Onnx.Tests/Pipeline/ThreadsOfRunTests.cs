using ForgePrune.Errors;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Methods.Comparison;
using ForgePrune.Onnx.Forward;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Threads and device of a run are those that its settings name.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class ThreadsOfRunTests : SyntheticRunFixture
{
    private static readonly string[] Computing = ["calibration", "levels", "contest", "refit", "recover", "proof", "onnx-int4"];

    [TestCase(1)]
    [TestCase(2)]
    public void Every_stage_computes_on_as_many_threads_as_are_asked_for(int threads)
    {
        if (Environment.ProcessorCount < threads)
            Assert.Inconclusive($"This process may use {Environment.ProcessorCount} processors.");
        using var folder = new TemporaryFolder();
        // Wide enough for the team that removes channels together.
        SyntheticRun.Write(folder, layers: 2, ffn: 320);
        using var count = new WorkCount();
        PrunePipeline.Run(SyntheticSettings.Of(folder, "run") with
        {
            Threads = threads,
            Recovery = new RecoverySettings(4096, null, RecoveryLoss.Kl, 1e-3),
            Quantize = new QuantizationSettings(4, QuantizationMethod.Gptq, 32),
        }, OnnxServing.Cpu, count, default);
        Assert.That(count.Most.Keys, Is.SupersetOf(Computing));
        Assert.That(count.Most.Values, Is.All.EqualTo(threads));
    }

    [Test]
    public void More_threads_than_processors_are_not_used_and_that_is_said_once()
    {
        using var count = new WorkCount();
        var summary = PrunePipeline.Run(Settings("many", new Target(Metric.Prunable, 0.6)) with { Threads = 999 }, OnnxServing.Cpu, count, default).Summary;
        Assert.That(count.Most.Values, Is.All.LessThanOrEqualTo(Environment.ProcessorCount));
        Assert.That(count.Notes.Where(note => note.Contains("threads")), Has.Exactly(1).Contains("999 threads were asked for"));
        Assert.That(summary.Device, Does.Contain($" {Environment.ProcessorCount} threads"));
    }

    [TestCase("cuda:999")]
    [TestCase("abacus")]
    public void A_device_that_is_not_there_is_refused_by_name(string device)
    {
        var settings = Settings("nowhere", new Target(Metric.Prunable, 0.6)) with { Device = new GpuComputeDevice(device) };
        Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.InstanceOf<ForgePruneException>().With.Message.Contains(device));
        Assert.That(Directory.Exists(settings.Out), Is.False);
    }

    [Test]
    public void The_device_that_the_settings_name_computes()
    {
        using var folder = new TemporaryFolder();
        // As small as models are: on a busy machine the lanes of ILGPU's CPU accelerator wait for each other.
        var config = SyntheticModels.Config(layers: 1, hidden: 16, headDim: 8, kvHeads: 2, queryHeads: 2, ffn: 16, SyntheticRun.Vocab);
        using (var model = SyntheticModels.Random(config, SyntheticRun.Seed))
            SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
        var summary = PrunePipeline.Run(SyntheticSettings.Of(folder, "run") with { Device = new GpuComputeDevice("ilgpu-cpu:1") }, OnnxServing.Cpu,
            NoProgress.Instance, default).Summary;
        Assert.That(summary.Device, Does.Contain("Grams, levels and refits on"));
    }

    [Test]
    public void A_runner_takes_no_more_threads_than_there_are_processors()
    {
        using var runner = new OrtBlockRunner(SyntheticModels.Config(), threads: 999);
        Assert.That(runner.Threads, Is.EqualTo(Environment.ProcessorCount));
        Assert.That(() => new OrtBlockRunner(SyntheticModels.Config(), threads: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
