using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Comparison;
using ForgePrune.Methods.Dress;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Methods that train while they prune, on a model that is made in a moment.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class TrainedMethodTests : SyntheticRunFixture
{
    private static readonly RecoverySettings Recovery = new(8192, null, RecoveryLoss.Kl, 3e-3);

    [Test]
    public void Adapt_Pruner_cuts_and_trains_in_turn_and_its_last_cut_is_proven()
    {
        var settings = Settings("adapt", Adapt(2)) with { Recovery = Recovery };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        var found = summary.Interleaved!;
        TestContext.Out.WriteLine($"{string.Join('\n', found.Stages)}");
        Assert.That((found.Stages.Count, found.Tokens, found.Stages.Sum(stage => stage.Tokens)), Is.EqualTo((2, 8192L, 8192L)));
        Assert.That(found.Stages[0].Tokens, Is.LessThan(found.Stages[1].Tokens), "later stages train longer");
        Assert.That((found.Stages[0].Kept, found.Stages[1].Kept), Is.EqualTo((0.75, 0.5)).Within(0.03), "what levels allow");
        Assert.That(found.Stages[0].Kept, Is.LessThanOrEqualTo(0.75));
        Assert.That(found.Stages[1].Kept, Is.LessThanOrEqualTo(0.5));
        Assert.That(found.Stages.Where(stage => stage.KlTrained >= stage.KlCut), Is.Empty, "training lowers the KL of every cut");
        Assert.That(summary.Kl, Is.EqualTo(found.Stages[1].KlTrained).Within(1e-6).Percent, "what is written is what was judged");
        Assert.That(summary.Recovery, Is.Null, "the tokens are spent already");
        using var written = DecoderModel.Open(Path.Combine(settings.Out, "safetensors"));
        using var trained = DecoderModel.Open(Path.Combine(settings.Out, "search-1", "model"));
        Assert.That(written.ContentHash, Is.EqualTo(trained.ContentHash));
        var proof = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "proof", "proof.json")))!;
        Assert.That((double?)proof["maskedDifference"], Is.LessThan(1e-4));
        Assert.That((double?)proof["exportDifference"], Is.LessThan(1e-4));
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")), Does.Contain("Cuts and training in turn"));
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        var again = new Heard();
        PrunePipeline.Run(settings, OnnxServing.Cpu, again, default);
        Assert.That(again.Stages, Is.Empty, "nothing is done again");
    }

    [Test]
    public void Adapt_Pruner_without_training_says_so()
    {
        var heard = new Heard();
        var summary = PrunePipeline.Run(Settings("adapt-cuts", MethodCatalog.Find("adapt-pruner")), OnnxServing.Cpu, heard, default).Summary;
        Assert.That(heard.Notes, Has.One.Contains("give `Recovery`"));
        Assert.That((summary.Interleaved!.Stages.Count, summary.Interleaved.Tokens), Is.EqualTo((10, 0L)), "a twentieth each");
    }

    [TestCase(Metric.Parameters, 0.8)]
    [TestCase(Metric.Bytes, 0.8)]
    [TestCase(Metric.Decode, 1 / 1.05)]
    public void Adapt_Pruner_takes_every_metric(Metric metric, double share)
    {
        var settings = Settings($"adapt-{metric}", Adapt(1)) with { Target = new Target(metric, share) };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        Assert.That(summary.Parameters.After, Is.LessThan(summary.Parameters.Before));
        if (metric == Metric.Parameters)
            Assert.That(summary.Parameters.After, Is.LessThanOrEqualTo(share * summary.Parameters.Before));
    }

    // In a cut of the first stage, in a training, in the second cut, in the last training.
    [TestCase(2)]
    [TestCase(15)]
    [TestCase(20)]
    [TestCase(31)]
    public void Adapt_Pruner_goes_on_where_it_was_stopped(int reports)
    {
        PruneSettings Of(string name) => Settings(name, Adapt(2)) with { Recovery = Recovery with { Tokens = 16384 } };
        if (!Directory.Exists(Folder["adapt-whole"]))
            PrunePipeline.Run(Of("adapt-whole"), OnnxServing.Cpu, NoProgress.Instance, default);
        RequireResumed("adapt-whole", $"adapt-{reports}", Of($"adapt-{reports}"), "prune and train", reports);
    }

    [Test]
    public void DReSS_moves_what_leaves_before_the_cut_and_reports_the_damage()
    {
        var settings = Settings("dress", Dress(65536)) with { Recovery = Recovery };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        var found = summary.Regularization!;
        TestContext.Out.WriteLine($"{string.Join('\n', found.Curve)}\n{found}");
        Assert.That(found.Curve.Select(point => point.Tokens), Is.EqualTo(new[] { 0, 16384, 32768, 49152, 65536 }));
        Assert.That(found.Curve[0].KlBefore, Is.Zero.Within(1e-6));
        double Damage(int point) => found.Curve[point].KlAfter - found.Curve[point].KlBefore;
        Assert.That(Damage(4), Is.LessThan(0.5 * Damage(0)));
        Assert.That(found.KlRefitted, Is.LessThanOrEqualTo(found.Curve[4].KlAfter), "the logit factor at least");
        Assert.That(summary.Recovery!.KlBefore, Is.EqualTo(found.KlRefitted).Within(1e-4).Percent, "recovery begins where the refit ended");
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")), Does.Contain("Regularisation before the cut"));
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        var heard = new Heard();
        var without = PrunePipeline.Run(Settings("dress-none", Dress(0)), OnnxServing.Cpu, heard, default).Summary;
        Assert.That(heard.Notes, Has.One.Contains("without regularisation"));
        Assert.That(without.Regularization!.Curve.Single(), Is.EqualTo(found.Curve[0]), "the same cut of the same model");
        Assert.That(without.Layers, Is.EqualTo(summary.Layers));
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(6)]
    public void DReSS_goes_on_where_it_was_stopped(int reports)
    {
        PruneSettings Of(string name) => Settings(name, Dress(16384));
        if (!Directory.Exists(Folder["dress-whole"]))
            PrunePipeline.Run(Of("dress-whole"), OnnxServing.Cpu, NoProgress.Instance, default);
        RequireResumed("dress-whole", $"dress-{reports}", Of($"dress-{reports}"), "regularize", reports);
    }

    [Test]
    public void The_trained_model_is_the_one_that_is_quantised()
    {
        var quantize = new QuantizationSettings(8, QuantizationMethod.Rtn, 32);
        var settings = Settings("trained-int8", MethodCatalog.Default) with { Recovery = Recovery, Quantize = quantize };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        Assert.That(summary.Recovery!.Kept, Is.True);
        // Eight bits move the divergence by far less than training did.
        Assert.That(Math.Abs(summary.Quantized!.Kl!.Value - summary.Recovery.KlAfter),
            Is.LessThan(0.2 * (summary.Recovery.KlBefore - summary.Recovery.KlAfter)));
    }

    [Test]
    public void Memory_that_does_not_suffice_names_the_cure()
    {
        (string, string)[] cures =
            [("adapt-pruner", "another `Method`"), ("dress", "`RegularizeTokens` 0"), ("darwinlm", "`SelectionTokens` 0"), ("taylor", "another `Method`")];
        foreach (var (method, cure) in cures)
        {
            var settings = Settings($"memory-{method}", MethodCatalog.Find(method)) with { Memory = 1 << 20 };
            Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default),
                Throws.TypeOf<BadInputException>().With.Message.Contains(cure), method);
        }
    }

    private void RequireResumed(string whole, string name, PruneSettings settings, string stage, int reports)
    {
        using var stop = new CancellationTokenSource();
        Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, new Heard(stage, reports, stop), stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.Exists(Folder[$"{name}/summary.json"]), Is.False);
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(Folder[name]), Is.EqualTo(FolderBytes.OfResult(Folder[whole])).And.Length.GreaterThan(5));
        Assert.That(Directory.Exists(Folder[$"{name}/state"]), Is.False, "of no use any more");
    }

    private static PruningMethod Adapt(int stages) => ((AdaptPrunerMethod)MethodCatalog.Find("adapt-pruner")) with { Stages = stages };

    private static PruningMethod Dress(int tokens) => ((DressMethod)MethodCatalog.Find("dress")) with { RegularizeTokens = tokens };

    private PruneSettings Settings(string name, PruningMethod method) => SyntheticSettings.Of(Folder, name) with { Method = method };
}
