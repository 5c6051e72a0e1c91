using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Generation;
using ForgePrune.Methods.Comparison;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>What every run has to keep to.</summary>
internal static class RequireRun
{
    /// <summary>Runs, and checks that files, shapes, budget, perplexity and tokens agree with each other.</summary>
    /// <param name="mayMiss">Whether the target may be missed, as a speed may: on a busy machine even before the first plan.</param>
    public static void Consistent(PruneSettings settings, bool mayMiss, LargeModels? sizes = null, IProgressReport? progress = null)
    {
        PruneResult outcome;
        try
        {
            outcome = PrunePipeline.Run(settings, OnnxServing.Cpu, sizes ?? LargeModels.Usual, progress ?? NoProgress.Instance, default);
        }
        catch (TargetNotMetException fault) when (mayMiss)
        {
            Assert.That(fault.Message, Does.Contain("the least a plan can reach"));
            Assert.That(File.Exists(Path.Combine(settings.Out, "summary.json")), Is.False);
            return;
        }

        if (!mayMiss)
            Assert.That(outcome.Shortfall, Is.Null);
        var summary = outcome.Summary;
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!;
        foreach (var name in (string[])["parameters", "bytes", "layers", "speedup", "perplexity", "kl", "seconds", "device", "versions", "manifest"])
            Assert.That(written[name], Is.Not.Null, name);
        foreach (var name in (string[])["measured", "low", "high"])
            Assert.That((double?)written["speedup"]!["decode"]![name], Is.GreaterThan(0), name);
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        using var dense = DecoderModel.Open(settings.Model);
        using var pruned = DecoderModel.Open(Path.Combine(settings.Out, "safetensors"));
        var plan = LastPlan(settings.Out);
        Assert.That(pruned.Config.Layers, Is.EqualTo(plan));
        Assert.That(summary.Layers.Select(layer => new LayerShape(layer.KvGroups, layer.QueryHeads, layer.Ffn)), Is.EqualTo(plan));
        Assert.That(summary.Parameters, Is.EqualTo(new BeforeAfter(ModelSize.Of(dense.Config).Total, ModelSize.Of(pruned.Config).Total)));
        Assert.That(WrittenTensors.Safetensors(Path.Combine(settings.Out, "safetensors")), Is.EqualTo(summary.Parameters.After));
        Assert.That(WrittenTensors.Onnx(Path.Combine(settings.Out, "onnx", "model.onnx")), Is.EqualTo(summary.Parameters.After));
        Assert.That(WrittenTensors.Onnx(Path.Combine(settings.Out, "dense", "model.onnx")), Is.EqualTo(summary.Parameters.Before));
        if (!settings.Target.Metric.IsLatency())
        {
            double Cost(ModelConfig config, IReadOnlyList<LayerShape> layers) => CostModels.For(settings.Target.Metric, config, null, 1).Of(new Plan(layers));
            Assert.That(Cost(pruned.Config, plan), Is.LessThanOrEqualTo(settings.Target.Budget(Cost(dense.Config, dense.Config.Layers))));
        }

        SamePerplexity(settings, pruned, summary.Perplexity.Pruned);
        SameTokens(Path.Combine(settings.Out, "onnx"));
    }

    private static void SamePerplexity(PruneSettings settings, CheckpointModel pruned, double expected)
    {
        var windows = TokenFile.Read(settings.Calibration!, settings.Window, pruned.Config.VocabSize);
        var judging = TextParts.OfRuns(windows, settings.Seed, alone: false).Judging;
        using var runner = new OrtBlockRunner(pruned.Config, settings.Threads);

        // The same weights in the same arithmetic: what was written is what was proven.
        Assert.That(ModelEvaluation.Run(pruned, runner, judging).Perplexity, Is.EqualTo(expected).Within(1e-9).Percent);
    }

    /// <summary>An exported folder continues alike in our decoder and in GenAI.</summary>
    public static void SameTokens(string onnx)
    {
        const int End = 2;
        int[] prompt = [1, 17, 40, 99];
        using var decoder = OnnxDecoder.Open(onnx, threads: 1);
        using var genAi = GenAiDecoder.Open(onnx);
        var ours = decoder.Continue(prompt, 64, TokenSampler.Greedy(), [End]).ToArray();
        // GenAI stops at the end token too, but does not hand it out.
        Assert.That(genAi.Greedy(prompt, 64), Is.EqualTo(ours.TakeWhile(id => id != End)));
    }

    /// <summary>What the last contest chose, or the last search where the method holds no contest.</summary>
    private static LayerShape[] LastPlan(string run)
    {
        if (Last(run, "contest") is { } contest)
            return Shapes(contest["contenders"]!.AsArray().Single(contender => (string?)contender!["name"] == (string?)contest["chosen"])!["layers"]!);
        return Shapes(Last(run, "search", "plan")!["layers"]!);
    }

    /// <summary>What a stage wrote the last time that it ran; null where it did not.</summary>
    public static JsonNode? Last(string run, string stage, string? file = null) =>
        Directory.GetDirectories(run, $"{stage}-*").Select(path => Path.Combine(path, $"{file ?? stage}.json")).Where(File.Exists)
            .Order(StringComparer.Ordinal).LastOrDefault() is { } last ? JsonNode.Parse(File.ReadAllText(last)) : null;

    private static LayerShape[] Shapes(JsonNode layers) =>
        [.. layers.AsArray().Select(layer => new LayerShape((int)layer!["kvHeads"]!, (int)layer["queryHeads"]!, (int)layer["ffn"]!))];
}
