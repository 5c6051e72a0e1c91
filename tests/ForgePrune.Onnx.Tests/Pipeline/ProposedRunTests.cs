using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Methods.Comparison;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Layer rates that are proposed, and proposers that fail.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class ProposedRunTests : SyntheticRunFixture
{
    [Test]
    public void Proposals_are_counted_in_plan_and_summary_and_the_model_itself_may_propose()
    {
        var model = Folder["model-with-tokenizer"];
        Directory.CreateDirectory(model);
        foreach (var file in Directory.GetFiles(Folder["model"]))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        RateTokenizer.Write(model, count: SyntheticRun.Vocab);
        SyntheticCheckpoint.EditConfig(model, config => config["max_position_embeddings"] = 512);
        var settings = Settings("local", new Target(Metric.Prunable, 0.5)) with { Model = model, Method = Asking(new(ProposerSettings.Local)) };
        var heard = new Heard();
        var counts = PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default).Summary.Proposals!;
        Assert.That((counts.Proposer, counts.Malformed, counts.FromEvolution, counts.Usable), Is.EqualTo(("local", 0, 0, counts.Asked)));
        Assert.That((int?)RequireRun.Last(settings.Out, "search", "plan")!["proposals"]!["asked"], Is.EqualTo(counts.Asked).And.GreaterThan(20));
        Assert.That(heard.Notes, Has.One.EqualTo(counts.ToString()));
        PrunePipeline.Run(settings with { Out = Folder["local-2"], Method = Asking(new(ProposerSettings.Local, Model: model)) }, OnnxServing.Cpu,
            NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(Folder["local-2"]), Is.EqualTo(FolderBytes.OfResult(settings.Out)),
            "the same model, named or not, with the same seed");
    }

    [Test]
    public void A_proposer_that_cannot_work_is_refused_before_any_work()
    {
        var settings = Settings("mute", new Target(Metric.Prunable, 0.5)) with { Method = Asking(new(ProposerSettings.Local)) };
        Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains("no tokenizer"));
        Assert.That(Directory.Exists(settings.Out), Is.False);
    }

    [Test]
    public void An_endpoint_that_is_not_there_is_said_and_counted()
    {
        var settings = Settings("nobody", new Target(Metric.Prunable, 0.5)) with
        {
            Method = Asking(new(ProposerSettings.Endpoint, new Uri("http://127.0.0.1:1/v1"), "synthetic")),
        };
        var heard = new Heard();
        var counts = PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default).Summary.Proposals!;
        Assert.That((counts.FailedRequests, counts.Usable, counts.FromEvolution), Is.EqualTo((3, 0, counts.Asked)));
        Assert.That(heard.Notes, Has.One.Contains("gave no answer").And.One.Contains("is given up"));
    }

    private static SelfPrunerMethod Asking(ProposerSettings proposer) => (SelfPrunerMethod)MethodCatalog.Find("self-pruner") with { Proposer = proposer };
}
