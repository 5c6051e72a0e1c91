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
    private readonly ExpertRefit experts = new(levels, problems, cache, device);

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
            return experts.Down(layer, dense, channels);
        var order = levels.Layers[layer].Mlp!.Order;
        var made = Solved($"layer {layer} down_proj", () => cache.Get(
            ("mlp factor", layer), () => MlpFactor(layer, dense, order.SurvivorsFirst()), factor => factor.Bytes));
        var weights = Ascending(made.Factor, dense.Down.Rows, order, channels);
        return new Projection(weights, made.Bias.Of(weights, channels));
    }

    /// <summary>The refitted columns of a level in the order of the channels, where a factor has them in the order of removal.</summary>
    /// <param name="channels">Those that the order keeps at this width, ascending.</param>
    public static Matrix Ascending(LevelFactor factor, int rows, ChannelOrder order, IReadOnlyList<int> channels)
    {
        var weights = new Matrix(rows, channels.Count);
        factor.Refit(channels.Count, weights.Values, channels.Count);
        var place = new int[order.Width];
        for (var i = 0; i < place.Length; i++)
            place[order.Removal[place.Length - 1 - i]] = i;
        return BlockSlice.Columns(weights, [.. channels.Select(channel => place[channel])], 1);
    }

    private ChannelFactor MlpFactor(int layer, MlpWeights dense, int[] order)
    {
        var problem = problems.Mlp(layer, dense);
        LargeArrays.Settle();
        return new ChannelFactor(problem.Bias, problem.Factor(order, device));
    }

    public static T Solved<T>(string matrix, Func<T> solve)
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
