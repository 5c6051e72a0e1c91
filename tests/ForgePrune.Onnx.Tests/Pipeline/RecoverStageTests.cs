using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Tokens.Text;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Pruning with training after it, on a model that is made in a moment. Its text is drawn at random: only the dense model can be learnt.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class RecoverStageTests : SyntheticRunFixture
{
    private const int Tokens = 8192;

    [Test]
    public void A_trained_model_is_nearer_on_held_out_text_and_is_the_one_that_is_written()
    {
        var plain = Prune("plain", null);
        var settings = Settings("trained", new RecoverySettings(Tokens, null, RecoveryLoss.Kl, 3e-3));
        var trained = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        var recovery = trained.Recovery!;
        TestContext.Out.WriteLine($"{recovery}");
        Assert.That(recovery.KlBefore, Is.EqualTo(plain.Kl).Within(1e-6).Percent, "both are the proof's windows");
        Assert.That(recovery.KlAfter, Is.LessThan(recovery.KlBefore), "four steps on a few hundred different tokens");
        Assert.That(recovery.Kept, Is.True);
        Assert.That(trained.Kl, Is.EqualTo(recovery.KlAfter).Within(1e-6).Percent, "the proof judges what is written");
        Assert.That(recovery.Curve.Select(point => point.Tokens), Is.EqualTo(new long[] { 2048, 4096, 6144, 8192 }));
        Assert.That(recovery.Curve[^1].Loss, Is.LessThan(recovery.Curve[0].Loss));
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")),
            Does.Contain("<h2>Recovery</h2>").And.Contain("<caption>Loss of training</caption>"));
        Assert.That(plain.Recovery, Is.Null);
        Assert.That((trained.Layers, trained.Parameters), Is.EqualTo((plain.Layers, plain.Parameters)), "training changes no shape");
        using var written = DecoderModel.Open(Path.Combine(settings.Out, "safetensors"));
        using var stage = DecoderModel.Open(Path.Combine(settings.Out, "recover", "model"));
        Assert.That(written.ContentHash, Is.EqualTo(stage.ContentHash));
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "state")), Is.False, "of no use any more");
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "manifests", "recover.json")))!;
        Assert.That((string?)manifest["key"]!["settings"]!["options"], Does.Contain("Loss = Kl"));
    }

    [Test]
    public void Stopped_inside_it_goes_on_and_ends_with_the_same_bytes()
    {
        var recovery = new RecoverySettings(Tokens, null, RecoveryLoss.Kl, 3e-3);
        PrunePipeline.Run(Settings("whole", recovery), OnnxServing.Cpu, NoProgress.Instance, default);
        using var stop = new CancellationTokenSource();
        var first = new Steps(stop, 2);
        Assert.That(() => PrunePipeline.Run(Settings("stopped", recovery), OnnxServing.Cpu, first, stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(Folder["stopped/state/recover"], "*", SearchOption.AllDirectories), Has.Length.EqualTo(1));

        var rest = new Steps(null, 0);
        PrunePipeline.Run(Settings("stopped", recovery), OnnxServing.Cpu, rest, default);
        Assert.That((first.Heard.Count, rest.Heard.Count), Is.EqualTo((2, Tokens / 2048 - 2)), "no step is taken twice");
        Assert.That(rest.Heard[^1], Is.EqualTo(1));
        Assert.That(FolderBytes.OfResult(Folder["stopped"]), Is.EqualTo(FolderBytes.OfResult(Folder["whole"])));

        var again = new Steps(null, 0);
        PrunePipeline.Run(Settings("stopped", recovery), OnnxServing.Cpu, again, default);
        Assert.That(again.Heard, Is.Empty, "what is finished is read");
    }

    [TestCase("lora:4", 2e-3)]
    [TestCase("scales", 1e-2)]
    public void A_part_of_the_weights_is_trained_too_and_the_key_says_which(string scope, double rate)
    {
        var settings = Settings("scoped", new RecoverySettings(Tokens, null, RecoveryLoss.Kl, rate) { Scope = RecoveryScope.Parse(scope) });
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        TestContext.Out.WriteLine($"{summary.Recovery}");
        Assert.That(summary.Recovery!.KlAfter, Is.LessThan(summary.Recovery.KlBefore));
        Assert.That(summary.Recovery.Scope, Is.EqualTo(scope));
        Assert.That(summary.Kl, Is.EqualTo(summary.Recovery.KlAfter).Within(1e-6).Percent, "the proof judges what is written");
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "manifests", "recover.json")))!;
        Assert.That((string?)manifest["key"]!["settings"]!["options"], Does.Contain($"Scope = {scope}"));
    }

    [Test]
    public void Polishing_comes_before_recovery_and_is_kept_where_it_helps()
    {
        var settings = Settings("polished", new RecoverySettings(4096, null, RecoveryLoss.Kl, 3e-3)) with { Polish = PolishChoice.On };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        TestContext.Out.WriteLine($"{summary.Polish}");
        Assert.That(summary.Polish!.KlAfter, Is.LessThan(summary.Polish.KlBefore));
        Assert.That(summary.Polish.Kept, Is.True);
        // One measure is of the passes that train, the other of the runtime's: both float32.
        Assert.That(summary.Recovery!.KlBefore, Is.EqualTo(summary.Polish.KlAfter).Within(0.1).Percent, "recovery goes on from there");
        var alone = PrunePipeline.Run(settings with { Recovery = null }, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        Assert.That(alone.Kl, Is.EqualTo(summary.Polish.KlAfter).Within(0.1).Percent, "and without it that model is written");
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "state")), Is.False);
    }

    [Test]
    public void A_training_that_does_not_help_is_left_out_aloud()
    {
        // A rate that throws the weights far off.
        var settings = Settings("worse", new RecoverySettings(4096, Folder["text.bin"], RecoveryLoss.Ce, 1));
        var heard = new Steps(null, 0);
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default).Summary;
        Assert.That(summary.Recovery!.PerplexityAfter, Is.GreaterThan(summary.Recovery.PerplexityBefore));
        Assert.That(summary.Recovery.Kept, Is.False);
        Assert.That(summary.Perplexity.Pruned, Is.EqualTo(summary.Recovery.PerplexityBefore).Within(1e-6).Percent);
        Assert.That(heard.Notes, Has.Some.Contains("did not help").And.One.Contains("go on with `Recovery.Rate` 0.1"));
    }

    [Test]
    public void A_text_that_begins_otherwise_than_calibration_is_said()
    {
        TokenWindows Begun(string name, Func<int, int> first)
        {
            SyntheticRun.WriteText(Folder[name], SyntheticRun.Windows);
            var made = TokenFile.Read(Folder[name], SyntheticRun.Window, SyntheticRun.Vocab);
            return new(SyntheticRun.Window, [.. Enumerable.Range(0, made.Count).SelectMany(
                i => made.Window(i).ToArray().Select((id, at) => at == 0 ? first(i) : id))]);
        }

        TokenFile.Write(Folder["begun.bin"], Begun("begun-0.bin", _ => 1));
        TokenFile.Write(Folder["third.bin"], Begun("third-0.bin", i => i % 3 == 0 ? 1 : 5));
        foreach (var (text, said) in new[] { ("begun.bin", false), ("third.bin", true) })
        {
            var heard = new Steps(null, 0);
            PrunePipeline.Run(Settings($"from-{text}", new RecoverySettings(2048, Folder[text], RecoveryLoss.Kl, 1e-3)) with
            {
                Calibration = Folder["begun.bin"]
            }, OnnxServing.Cpu, heard, default);
            Assert.That(heard.Notes.Any(note => note.Contains("begins every window with id 1")), Is.EqualTo(said), text);
        }
    }

    [Test]
    public void A_text_that_is_not_there_is_said_before_anything_is_pruned()
    {
        var settings = Settings("absent", new RecoverySettings(Tokens, Folder["absent.bin"], RecoveryLoss.Kl, 1e-3));
        Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.InstanceOf<BadInputException>().With.Message.Contains("absent.bin"));
        Assert.That(Directory.Exists(Folder["absent/calibration"]), Is.False);
    }

    [Test]
    public void Memory_that_does_not_suffice_is_one_sentence() =>
        Assert.That(() => PrunePipeline.Run(Settings("memory", new RecoverySettings(Tokens, null, RecoveryLoss.Kl, 1e-3)) with
        {
            Memory = 1 << 20
        }, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains("leave `Recovery` out"));

    private RunSummary Prune(string name, RecoverySettings? recovery) =>
        PrunePipeline.Run(Settings(name, recovery), OnnxServing.Cpu, NoProgress.Instance, default).Summary;

    private PruneSettings Settings(string name, RecoverySettings? recovery) => SyntheticSettings.Of(Folder, name) with { Recovery = recovery };

    /// <summary>Hears every step, and stops the run after some.</summary>
    private sealed class Steps(CancellationTokenSource? stop, int after) : IProgressReport
    {
        public List<double> Heard { get; } = [];

        public List<string> Notes { get; } = [];

        public void Report(string stage, long done, long total, string message = "")
        {
            if (stage != "recover")
                return;
            Heard.Add((double)done / total);
            if (Heard.Count == after)
                stop?.Cancel();
        }

        public void Note(string message) => Notes.Add(message);
    }
}
