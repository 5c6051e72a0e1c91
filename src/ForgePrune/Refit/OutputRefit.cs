using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Refits output projections by least squares.</summary>
/// <param name="levels">Its order of channels makes all widths of a layer share one factor.</param>
/// <param name="device">The device that factorizes Hessians; null for the CPU.</param>
internal sealed class OutputRefit(LevelDatabase levels, IRefitProblems problems, LevelCache cache, IPruningDevice device) : IOutputProjections
{
    // Experts that stay keep their weights.
    private static readonly OutputSlice Slice = new();

    public bool AddsBias => levels.Affine;

    public bool RefitsWhole => problems.RefitsWhole;

    public Projection Attention(int layer, AttentionWeights dense, IReadOnlyList<int> heads)
    {
        var problem = cache.Get(("attention problem", layer), () => problems.Attention(layer, dense), made => made.Bytes);
        return Solved($"layer {layer} o_proj", () => problem.Solve(BlockSlice.Indices(heads, dense.Output.Cols / dense.QueryHeads), device));
    }

    public Projection Mlp(int layer, MlpWeights dense, IReadOnlyList<int> channels)
    {
        if (dense.Kind.IsRouted)
            return Slice.Mlp(layer, dense, channels);
        var order = levels.Layers[layer].Mlp!.Order.SurvivorsFirst();
        var made = Solved($"layer {layer} down_proj", () => cache.Get(
            ("mlp factor", layer), () => MlpFactor(layer, dense, order), factor => factor.Bytes));
        var weights = new Matrix(dense.Down.Rows, channels.Count);
        made.Factor.Refit(channels.Count, weights.Values, channels.Count);
        var place = new int[dense.Ffn];
        for (var i = 0; i < order.Length; i++)
            place[order[i]] = i;
        var sorted = BlockSlice.Columns(weights, channels.Select(channel => place[channel]).ToArray(), 1);
        return new Projection(sorted, made.Bias.Of(sorted, channels));
    }

    private ChannelFactor MlpFactor(int layer, MlpWeights dense, int[] order)
    {
        var problem = problems.Mlp(layer, dense);
        LargeArrays.Settle();
        return new ChannelFactor(problem.Bias, problem.Factor(order, device));
    }

    private static T Solved<T>(string matrix, Func<T> solve)
    {
        try
        {
            return solve();
        }
        catch (NotPositiveDefiniteException fault)
        {
            throw LevelErrors.RefitFailed(matrix, fault);
        }
    }

    private sealed record ChannelFactor(RefitBias Bias, LevelFactor Factor)
    {
        public long Bytes => 8L * Factor.Order.Count * (Factor.Order.Count + Factor.Rows);
    }
}
