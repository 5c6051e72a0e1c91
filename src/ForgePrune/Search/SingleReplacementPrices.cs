using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Prices every (block, level) by the KL it causes when it alone is replaced in the dense model. Summed layer errors would be
/// cheaper, but they do not add up across layers; these do, well enough to start from.</summary>
internal static class SingleReplacementPrices
{
    /// <summary>Changes when the same levels and windows give other prices, or when the files of the parts change.</summary>
    public static StageFormat Format { get; } = new("prices", 1);

    /// <summary>One joint call, so that the evaluator can share the dense layers before each replaced block.</summary>
    /// <param name="dense">The plan of the dense model.</param>
    /// <param name="grids">Per layer, the levels to price; index 0 is the dense block and is not run.</param>
    /// <param name="progress">Receives the share that is done, from 0 to 1.</param>
    /// <param name="parts">The store of measured parts; null for none. Prices of layers that it does not ask for are 0.</param>
    public static MeasuredPrices Measure(
        Plan dense, IReadOnlyList<LevelGrid> grids, IPlanEvaluator evaluator, TokenWindows windows, IProgress<double>? progress = null, PartStore? parts = null)
    {
        Plan[] plans = [.. Enumerable.Range(0, grids.Count).SelectMany(layer => Plans(dense, grids[layer], layer))];
        var measured = evaluator.Kl(plans, windows, parts ?? PartStore.None, progress);
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

    /// <summary>The dense model with one block of a layer replaced, by every level.</summary>
    private static IEnumerable<Plan> Plans(Plan dense, LevelGrid grid, int layer)
    {
        var shape = dense.Layers[layer];
        return grid.Attention.Skip(1).Select(level => dense.With(layer, shape with { KvHeads = level.KvHeads, QueryHeads = level.QueryHeads }))
            .Concat(grid.Ffn.Skip(1).Select(width => dense.With(layer, shape with { Ffn = width })));
    }
}
