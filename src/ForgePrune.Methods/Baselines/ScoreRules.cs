using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Methods.Baselines;

/// <summary>The L2 norm of a group's weights.</summary>
internal sealed class MagnitudeRule : ScoreRule
{
    public override string Summary => "weight norm";

    protected override double[] Groups(AttentionWeights attention, GramStatistics gram, int threads) => GroupScores.MagnitudeAttention(attention, threads);

    protected override double[] OutputColumns(AttentionWeights attention, GramStatistics gram, int threads) =>
        ColumnScores.Wifv(attention.Output, Enumerable.Repeat(1.0, attention.Output.Cols).ToArray(), threads);

    protected override double[] Channels(MlpWeights mlp, GramStatistics gram, int threads) => GroupScores.MagnitudeMlp(mlp, threads);
}

/// <summary>Mean |W| times the root mean square of the input (Wanda, structured).</summary>
internal sealed class WandaSpRule : ScoreRule
{
    public override string Summary => "|weight| × input norm";

    protected override double[] Groups(AttentionWeights attention, GramStatistics gram, int threads) =>
        GroupScores.WandaSpAttention(attention, MeanSquares(gram), threads);

    protected override double[] OutputColumns(AttentionWeights attention, GramStatistics gram, int threads) =>
        ColumnScores.WandaSp(attention.Output, MeanSquares(gram), threads);

    protected override double[] Channels(MlpWeights mlp, GramStatistics gram, int threads) => ColumnScores.WandaSp(mlp.Down, MeanSquares(gram), threads);
}

/// <summary>Input variance times squared column norm (FLAP's WIFV).</summary>
internal sealed class WifvRule : ScoreRule
{
    public override string Summary => "input variance × weight norm";

    protected override double[] Groups(AttentionWeights attention, GramStatistics gram, int threads) =>
        GroupScores.WifvAttention(attention, Variances(gram), threads);

    protected override double[] OutputColumns(AttentionWeights attention, GramStatistics gram, int threads) =>
        ColumnScores.Wifv(attention.Output, Variances(gram), threads);

    protected override double[] Channels(MlpWeights mlp, GramStatistics gram, int threads) => ColumnScores.Wifv(mlp.Down, Variances(gram), threads);
}

/// <summary>The mean square of a group's inputs to its output projection (2SSP). The root of its authors changes no order.</summary>
internal sealed class ActivationNormRule : ScoreRule
{
    public override string Summary => "activation norm";

    protected override double[] Groups(AttentionWeights attention, GramStatistics gram, int threads) =>
        ColumnScores.SumGroups(MeanSquares(gram), attention.Output.Cols / attention.KvHeads);

    protected override double[] OutputColumns(AttentionWeights attention, GramStatistics gram, int threads) => MeanSquares(gram);

    protected override double[] Channels(MlpWeights mlp, GramStatistics gram, int threads) => MeanSquares(gram);
}

/// <summary>Nothing inside a block: layers go whole, so that the order within them does not matter.</summary>
internal sealed class WholeLayersRule : RemovalRule
{
    public override string Summary => "whole layers";

    public override IKeptSets Sets(RunContext run, CalibrationResult statistics, CalibrationText text) => statistics.Levels;
}
