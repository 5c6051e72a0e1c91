using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Prices every (block, level) by the KL it causes when it alone is replaced in the dense model. Summed layer errors would be
/// cheaper, but they do not add up across layers; these do, well enough to start from.</summary>
internal static class SingleReplacementPrices
{
    /// <summary>One joint call, so that the evaluator can share the dense layers before each replaced block.</summary>
    /// <param name="dense">The plan of the dense model.</param>
    /// <param name="grids">Per layer, the levels to price; index 0 is the dense block and is not run.</param>
    /// <param name="progress">Receives the share that is done, from 0 to 1.</param>
    /// <param name="parts">The store of measured parts; null for none.</param>
    public static MeasuredPrices Measure(
        Plan dense, IReadOnlyList<LevelGrid> grids, IPlanEvaluator evaluator, TokenWindows windows, IProgress<double>? progress = null, PartStore? parts = null)
    {
        var plans = new List<Plan>();
        for (var layer = 0; layer < grids.Count; layer++)
        {
            var shape = dense.Layers[layer];
            foreach (var level in grids[layer].Attention.Skip(1))
                plans.Add(dense.With(layer, shape with { KvHeads = level.KvHeads, QueryHeads = level.QueryHeads }));
            foreach (var width in grids[layer].Ffn.Skip(1))
                plans.Add(dense.With(layer, shape with { Ffn = width }));
        }
        var measured = parts is null ? evaluator.Kl(plans, windows, progress) : evaluator.Kl(plans, windows, parts, progress);
        var means = measured.Select(kl => kl.Average()).ToArray();

        var next = 0;
        double[] Take(int levels)
        {
            var values = new double[levels];
            for (var index = 1; index < levels; index++)
                values[index] = means[next++];
            return values;
        }
        var layers = new LayerPrices[grids.Count];
        for (var layer = 0; layer < layers.Length; layer++)
            layers[layer] = new(grids[layer], Take(grids[layer].Attention.Count), Take(grids[layer].Ffn.Count));
        return new(windows.Count, layers);
    }
}
