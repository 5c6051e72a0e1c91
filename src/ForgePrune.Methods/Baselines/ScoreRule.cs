using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Methods.Baselines;

/// <summary>Groups and channels go in the order of a score, the lowest first, and the rest stays as it is.</summary>
internal abstract class ScoreRule : RemovalRule
{
    public sealed override bool ReadsLevels => false;

    public sealed override IKeptSets Sets(RunContext run, CalibrationResult statistics, CalibrationText text)
    {
        var (dense, grams, threads) = (run.Dense, statistics.Known, run.Compute.Threads);
        return new LayerKeptSets([.. Scores(dense, grams, threads).Select((scores, index) => (
            scores.Groups.Length == 0 ? null : ScoreLevels.Heads(scores.Groups, HeadsOf(dense.ReadLayer(index).Attention!, grams, index, threads)),
            scores.Channels.Length == 0 ? null : ScoreLevels.Channels(scores.Channels)))]);
    }

    /// <summary>Scores of every KV group and channel, layer by layer; empty where a block is missing.</summary>
    public IEnumerable<(double[] Groups, double[] Channels)> Scores(IDecoderModel dense, IGramSource grams, int threads)
    {
        for (var index = 0; index < dense.Config.Layers.Count; index++)
        {
            var layer = dense.ReadLayer(index);
            yield return (
                layer.Attention is { } attention ? Groups(attention, grams.Attention(index, attention.Output.Cols), threads) : [],
                layer.Mlp is { } mlp ? Channels(mlp, grams.Mlp(index, mlp.Ffn), threads) : []);
        }
    }

    /// <summary>One score per KV group.</summary>
    protected abstract double[] Groups(AttentionWeights attention, GramStatistics gram, int threads);

    /// <summary>One score per column of o_proj, whose sums rank the heads inside a KV group.</summary>
    protected abstract double[] OutputColumns(AttentionWeights attention, GramStatistics gram, int threads);

    /// <summary>One score per FFN channel.</summary>
    protected abstract double[] Channels(MlpWeights mlp, GramStatistics gram, int threads);

    protected static double[] MeanSquares(GramStatistics gram) => [.. Enumerable.Range(0, gram.Cols).Select(gram.MeanSquare)];

    protected static double[] Variances(GramStatistics gram) => [.. Enumerable.Range(0, gram.Cols).Select(gram.Variance)];

    private double[] HeadsOf(AttentionWeights attention, IGramSource grams, int index, int threads) => ColumnScores.SumGroups(
        OutputColumns(attention, grams.Attention(index, attention.Output.Cols), threads), attention.Output.Cols / attention.QueryHeads);
}
