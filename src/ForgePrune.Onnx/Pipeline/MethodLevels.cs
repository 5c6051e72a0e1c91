using ForgePrune.Calibration;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Methods;
using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Refit;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>The kept sets and weights of every level, as a method makes them.</summary>
internal sealed record MethodLevels(LevelSource Source, IKeptSets Sets)
{
    public static MethodLevels Of(PruningMethod method, IDecoderModel dense, CalibrationResult statistics, long cacheBytes, IPruningDevice device)
    {
        IKeptSets sets = method.Removal is RemovalRule.SecondOrder or RemovalRule.None ? statistics.Levels : Scored(method.Removal, dense, statistics.Grams, device.Threads);
        var source = method.Refits
            ? LevelSource.Refitting(dense, statistics.Levels, statistics.Grams, cacheBytes, device)
            : LevelSource.Gathering(dense, sets, cacheBytes);
        return new MethodLevels(source, sets);
    }

    /// <summary>Levels that only gather what <paramref name="sets"/> keeps.</summary>
    public static MethodLevels Gathering(IDecoderModel dense, IKeptSets sets, long cacheBytes) => new(LevelSource.Gathering(dense, sets, cacheBytes), sets);

    /// <summary>Levels for a plan that is chosen and read several times: hashed, judged, written. Of a large model what was made stays in files.</summary>
    public LevelSource Chosen(RunContext run, CalibrationResult statistics)
    {
        if (!run.Large)
            return Source;
        // Of no use once the run is done. A folder of its own for whatever the levels are made from: another run's files are never met.
        var key = run.Key([LevelSource.Format], [("model", run.Dense.ContentHash), ("levels", statistics.LevelStage.Manifest.ContentHash())], []);
        return Source.StoredIn(run.Folder.StatePath("outputs", key), new SourceHash(key.Hash()));
    }

    /// <summary>Scores of every KV group and channel, layer by layer.</summary>
    public static IEnumerable<(double[] Groups, double[] Channels)> Scores(RemovalRule rule, IDecoderModel dense, GramFolder grams, int threads)
    {
        for (var index = 0; index < dense.Config.Layers.Count; index++)
        {
            var layer = dense.ReadLayer(index);
            yield return (
                layer.Attention is { } attention ? Groups(rule, attention, grams.Attention(index, attention.Output.Cols), threads) : [],
                layer.Mlp is { } mlp ? Channels(rule, mlp, grams.Mlp(index, mlp.Ffn), threads) : []);
        }
    }

    private static LayerKeptSets Scored(RemovalRule rule, IDecoderModel dense, GramFolder grams, int threads) =>
        new([.. Scores(rule, dense, grams, threads).Select((scores, index) => (
            scores.Groups.Length == 0 ? null : ScoreLevels.Heads(scores.Groups, Heads(rule, dense.ReadLayer(index).Attention!, grams, index, threads)),
            scores.Channels.Length == 0 ? null : ScoreLevels.Channels(scores.Channels)))]);

    private static double[] Groups(RemovalRule rule, AttentionWeights attention, GramStatistics gram, int threads) => rule switch
    {
        RemovalRule.Magnitude => GroupScores.MagnitudeAttention(attention, threads),
        RemovalRule.WandaSp => GroupScores.WandaSpAttention(attention, MeanSquares(gram), threads),
        RemovalRule.Wifv => GroupScores.WifvAttention(attention, Variances(gram), threads),
        RemovalRule.ActivationNorm => ColumnScores.SumGroups(MeanSquares(gram), attention.Output.Cols / attention.KvHeads),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "this rule has no scores"),
    };

    // Inside a KV group heads are ranked by what their own columns of o_proj score.
    private static double[] Heads(RemovalRule rule, AttentionWeights attention, GramFolder grams, int index, int threads)
    {
        var gram = grams.Attention(index, attention.Output.Cols);
        var columns = rule switch
        {
            RemovalRule.WandaSp => ColumnScores.WandaSp(attention.Output, MeanSquares(gram), threads),
            RemovalRule.Wifv => ColumnScores.Wifv(attention.Output, Variances(gram), threads),
            RemovalRule.ActivationNorm => MeanSquares(gram),
            _ => ColumnScores.Wifv(attention.Output, Enumerable.Repeat(1.0, attention.Output.Cols).ToArray(), threads),
        };
        return ColumnScores.SumGroups(columns, attention.Output.Cols / attention.QueryHeads);
    }

    private static double[] Channels(RemovalRule rule, MlpWeights mlp, GramStatistics gram, int threads) => rule switch
    {
        RemovalRule.Magnitude => GroupScores.MagnitudeMlp(mlp, threads),
        RemovalRule.WandaSp => ColumnScores.WandaSp(mlp.Down, MeanSquares(gram), threads),
        RemovalRule.Wifv => ColumnScores.Wifv(mlp.Down, Variances(gram), threads),
        // The root changes no order.
        RemovalRule.ActivationNorm => MeanSquares(gram),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "this rule has no scores"),
    };

    private static double[] MeanSquares(GramStatistics gram) => [.. Enumerable.Range(0, gram.Cols).Select(gram.MeanSquare)];

    private static double[] Variances(GramStatistics gram) => [.. Enumerable.Range(0, gram.Cols).Select(gram.Variance)];
}
