using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.GpuPerf;

/// <summary>A dense and a pruned checkpoint, written in float16 and timed on ONNX Runtime's CUDA provider as a run does it, beside what the latency table of
/// this machine predicts for them.</summary>
internal static class ServedRows
{
    private const string What = "checkpoints, predicted and measured";

    public static void Add(Table table, Usage usage)
    {
        if (usage.DenseModel is null || usage.PrunedModel is null)
        {
            table.Skip(What, "left out: name two with --dense-model and --pruned-model");
            return;
        }

        if (!table.HasTime(What, 120))
            return;
        try
        {
            // Tiny runs show the way through on the processor.
            Time(table, usage.DenseModel, usage.PrunedModel, usage.Tiny ? OnnxServing.Cpu : OnnxServing.Cuda(), usage.Tiny);
        }
        catch (ForgePruneException refusal)
        {
            table.Skip(What, $"left out: {refusal.Message}");
        }
    }

    private static void Time(Table table, string densePath, string prunedPath, OnnxServing serving, bool tiny)
    {
        var settings = new TimingSettings { Threads = Environment.ProcessorCount, Prompt = tiny ? 16 : 512, Context = tiny ? 16 : 512 };
        var (dense, pruned) = (Config(densePath), Config(prunedPath));
        var latency = serving.Measure(dense, Grid(dense, pruned), settings);
        using ServedFolder a = ServedFolder.Of(serving, densePath), b = ServedFolder.Of(serving, prunedPath);
        var timed = AbBench.Run(() => a.Open(settings.Threads), () => b.Open(settings.Threads), settings, maxSeconds: tiny ? 1 : 15);
        foreach (var (measured, metric) in new[] { (timed.Prefill, Metric.Prefill), (timed.Decode, Metric.Decode) })
        {
            var cost = CostModels.For(metric, dense, latency, generatedTokens: 1);
            var predicted = cost.Of(new Plan(dense.Layers)) / cost.Of(new Plan(pruned.Layers));
            var (ratio, low, high) = measured.SpeedUp;
            table.Turns($"{measured.Phase} of checkpoints on {serving.Provider}", Flat(measured.B), Flat(measured.A),
                FormattableString.Invariant($"ours pruned, theirs dense: predicted {predicted:f2}, measured {ratio:f2} ({low:f2} to {high:f2}); ")
                + (serving.Conditions() ?? "no nvidia-smi"));
        }

        Graphs(table, densePath, serving, settings);
    }

    /// <summary>What it saves to replay a decode step that was captured as a CUDA graph.</summary>
    private static void Graphs(Table table, string dense, OnnxServing serving, TimingSettings settings)
    {
        const string what = "decode steps as CUDA graphs";
        if (serving.Provider == ServingProvider.Cpu)
        {
            table.Skip(what, "left out: the processor has none");
            return;
        }

        try
        {
            var graphs = OnnxServing.On(serving.Provider.WithCudaGraph());
            using ServedFolder plain = ServedFolder.Of(serving, dense), captured = ServedFolder.Of(graphs, dense);
            var measured = AbBench.Run(() => plain.Open(settings.Threads), () => captured.Open(settings.Threads), settings, maxSeconds: 15).Decode;
            table.Turns($"{what}, dense checkpoint", Flat(measured.B), Flat(measured.A), $"ours captured, theirs not, on {serving.Provider}");
        }
        catch (ForgePruneException refusal)
        {
            table.Skip(what, $"left out: {refusal.Message}");
        }
    }

    private static double[] Flat(ModelTurns turns) => [.. turns.Openings.SelectMany(opening => opening)];

    /// <summary>What the two models have, and nothing else: a whole table takes minutes.</summary>
    private static LevelGrid Grid(ModelConfig dense, ModelConfig pruned)
    {
        LayerShape[] layers = [.. dense.Layers, .. pruned.Layers];
        return new LevelGrid([.. layers.Select(layer => new AttentionLevel(layer.KvHeads, layer.QueryHeads)).Distinct()],
            [.. layers.Select(layer => layer.Ffn).Distinct().OrderDescending()]);
    }

    private static ModelConfig Config(string path)
    {
        using var model = DecoderModel.Open(path);
        return model.Config;
    }
}
