using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>The same command again, what a run says meanwhile, and what memory forbids.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class RepeatedRunTests : SyntheticRunFixture
{
    [Test]
    public void The_same_seed_gives_the_same_bytes_and_the_same_call_finishes_at_once()
    {
        var target = new Target(Metric.Prunable, 0.5);
        PrunePipeline.Run(Settings("first", target), OnnxServing.Cpu, NoProgress.Instance, default);
        PrunePipeline.Run(Settings("second", target), OnnxServing.Cpu, NoProgress.Instance, default);
        var bytes = FolderBytes.OfResult(Folder["first"]);
        Assert.That(bytes, Has.Length.GreaterThan(5).And.EqualTo(FolderBytes.OfResult(Folder["second"])));

        var summary = File.ReadAllText(Folder["first/summary.json"]);
        var heard = new Heard();
        PrunePipeline.Run(Settings("first", target), OnnxServing.Cpu, heard, default);
        Assert.That(File.ReadAllText(Folder["first/summary.json"]), Is.EqualTo(summary), "nothing is measured again");
        Assert.That(heard.Stages, Is.Empty);
    }

    [Test]
    public void Bytes_that_another_ending_reads_otherwise_are_another_text()
    {
        var target = new Target(Metric.Prunable, 0.5);
        var ids = Enumerable.Range(0, 2 * SyntheticRun.Window * SyntheticRun.Windows).Select(i => (long)(3 + (i * i % 150))).ToArray();
        foreach (var ending in (string[])["u64", "u32"])
            File.WriteAllBytes(Folder[$"ids.{ending}"], MemoryMarshal.AsBytes<long>(ids).ToArray());
        PrunePipeline.Run(Settings("renamed", target) with { Calibration = Folder["ids.u64"] }, OnnxServing.Cpu, NoProgress.Instance, default);
        PrunePipeline.Run(Settings("renamed", target) with { Calibration = Folder["ids.u32"] }, OnnxServing.Cpu, NoProgress.Instance, default);
        PrunePipeline.Run(Settings("named", target) with { Calibration = Folder["ids.u32"] }, OnnxServing.Cpu, NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(Folder["renamed"]), Is.EqualTo(FolderBytes.OfResult(Folder["named"])));
    }

    [Test]
    public void A_speed_run_that_is_complete_is_not_measured_again()
    {
        var settings = Settings("again", new Target(Metric.Decode, 1 / 1.02));
        var measuring = new Heard();
        var first = PrunePipeline.Run(settings, OnnxServing.Cpu, measuring, default);
        Assert.That(measuring.Stages["latency table"], Has.Count.GreaterThan(1).And.Some.EqualTo(1));
        var heard = new Heard();
        var second = PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default);
        Assert.That(second.Summary.Speedup, Is.EqualTo(first.Summary.Speedup));
        Assert.That(second.Shortfall, Is.EqualTo(first.Shortfall));
        Assert.That(heard.Stages, Is.Empty);
    }

    [Test]
    public void Stages_that_take_long_say_how_far_they_are()
    {
        var heard = new Heard();
        // By size: by speed the plan, and with it what the contest chooses, depends on the machine's moment.
        PrunePipeline.Run(Settings("heard", new Target(Metric.Prunable, 0.5)) with { Calibration = null }, OnnxServing.Cpu, heard, default);
        foreach (var stage in (string[])["text", "calibration", "levels", "search: prices", "search: refinement", "search: evolution", "refit", "timing",
            "proof"])
        {
            Assert.That(heard.Stages, Contains.Key(stage));
            Assert.That(heard.Stages[stage].Count, Is.GreaterThan(1), stage);
            Assert.That(heard.Stages[stage][^1], Is.EqualTo(1), stage);
        }
    }

    [Test]
    public void What_does_not_fit_the_memory_is_left_out_aloud_and_done_once_it_fits()
    {
        var settings = Settings("memory", new Target(Metric.Prunable, 0.6));
        var heard = new Heard();
        var summary = PrunePipeline.Run(settings with { Memory = 1 << 20 }, OnnxServing.Cpu, heard, default).Summary;
        Assert.That(summary.Speedup, Is.Null);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!.AsObject();
        Assert.That(written.ContainsKey("speedup"), Is.True);
        Assert.That(written["speedup"], Is.Null);
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "dense")), Is.False, "no time is asked for, and none can be taken");
        Assert.That(heard.Notes, Has.One.StartsWith("the dense model is not exported"));
        Assert.That(summary.Bytes.Before, Is.EqualTo(4 * summary.Parameters.Before));
        Assert.That(heard.Notes, Has.One.StartsWith("timing is skipped").And.One.Contains("the exported file equals").And.Some.Contains("1.0 MiB"));

        var again = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        Assert.That(again.Speedup!.Decode.Measured, Is.Positive);
        Assert.That(again.Kl, Is.EqualTo(summary.Kl));
        Assert.That(again.Bytes.Before, Is.GreaterThan(summary.Bytes.Before), "the graph is counted once it is written");
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "proof", "proof.json")), Does.Contain("exportDifference"));
    }

    [TestCase(Metric.Prefill)]
    [TestCase(Metric.Decode)]
    [TestCase(Metric.Mix)]
    public void A_speed_that_cannot_be_measured_is_refused(Metric metric) =>
        Assert.That(() => PrunePipeline.Run(Settings($"small-{metric}", new Target(metric, 1 / 1.1)) with
        {
            Memory = 1 << 20
        }, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains("raise `Memory`"));
}
