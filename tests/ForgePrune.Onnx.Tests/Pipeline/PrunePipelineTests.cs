using System.Text.Json.Nodes;
using ForgePrune.IO;
using ForgePrune.Methods.Comparison;
using ForgePrune.Methods;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>The whole way from a checkpoint to a measured model, on one that is made in a moment.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class PrunePipelineTests : SyntheticRunFixture
{
    private static readonly string[] Methods = [.. MethodCatalog.All.Select(method => method.Name)];

    [Test]
    public void Every_method_keeps_its_budget_and_proves_its_model([ValueSource(nameof(Methods))] string method) =>
        RequireRun.Consistent(Settings($"method-{method}", new Target(Metric.Prunable, 0.6)) with { Method = MethodCatalog.Find(method) }, mayMiss: false);

    [Test]
    public void Affine_refits_are_exported_too() =>
        RequireRun.Consistent(Settings("affine", new Target(Metric.Prunable, 0.6)) with { Affine = true }, mayMiss: false);

    [TestCase(Metric.Parameters, 0.55)]
    [TestCase(Metric.Bytes, 0.45)]
    public void What_a_plan_costs_is_what_its_files_hold_with_the_biases_that_refits_add(Metric metric, double share)
    {
        var settings = Settings($"affine-{metric}", new Target(metric, share)) with { Affine = true };
        RequireRun.Consistent(settings, mayMiss: false);
        var contest = RequireRun.Last(settings.Out, "contest")!;
        var chosen = contest["contenders"]!.AsArray().Single(contender => (string?)contender!["name"] == (string?)contest["chosen"])!;
        var held = WrittenTensors.Safetensors(Path.Combine(settings.Out, "safetensors"));
        Assert.That((double)chosen["cost"]!, Is.EqualTo(metric == Metric.Bytes ? 4 * held : held));
    }

    [TestCase(Metric.Parameters, 0.7)]
    [TestCase(Metric.Bytes, 0.7)]
    public void Sizes_reach_their_target(Metric metric, double share) =>
        RequireRun.Consistent(Settings($"{metric}", new Target(metric, share)), mayMiss: false);

    [TestCase(Metric.Prefill)]
    [TestCase(Metric.Decode)]
    [TestCase(Metric.Mix)]
    public void Speeds_are_reached_or_the_shortfall_is_said(Metric metric) =>
        RequireRun.Consistent(Settings($"{metric}", new Target(metric, 1 / 1.1)), mayMiss: true);

    [Test]
    public void The_ways_of_large_models_keep_budget_and_proof_and_resume()
    {
        var settings = Settings("large", new Target(Metric.Parameters, 0.7)) with { Quick = false };
        var large = new LargeModels(0, 0);
        var heard = new Heard();
        RequireRun.Consistent(settings, mayMiss: false, large, heard);
        Assert.That(heard.Notes, Has.Some.Contains("one after the other"));
        Assert.That(heard.Stages.Keys, Has.None.Contains("evolution").And.None.EqualTo("refit"), "the contest's refit is the one that stays");
        var contest = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "contest-1", "contest.json")))!;
        Assert.That(contest["contenders"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "state")), Is.False, "of no use any more");

        var again = new Heard();
        RequireRun.Consistent(settings, mayMiss: false, large, again);
        Assert.That(again.Stages, Is.Empty);
        RequireRun.Consistent(settings with { Out = Folder["large-2"] }, mayMiss: false, large);
        Assert.That(FolderBytes.OfResult(Folder["large-2"]), Is.EqualTo(FolderBytes.OfResult(settings.Out)));
    }
}
