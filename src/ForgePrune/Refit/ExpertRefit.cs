using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Refits the down_proj of every expert that keeps a part of its channels, each by least squares over the tokens that pass it. An expert that keeps
/// all of them keeps its weights.</summary>
internal sealed class ExpertRefit(LevelDatabase levels, IRefitProblems problems, LevelCache cache, IPruningDevice device)
{
    /// <param name="channels">Kept channels of the block, ascending; of every expert those that its order keeps at this width.</param>
    /// <returns>down_proj of the experts that stay, hidden × channels.Count.</returns>
    public Projection Down(int layer, MlpWeights dense, IReadOnlyList<int> channels)
    {
        var ((experts, kept), width) = (ExpertLevels.Among(channels, dense.Kind), dense.Kind.ExpertWidth);
        if (kept == width)
            return new(BlockSlice.Columns(dense.Down, channels, 1), dense.DownBias);
        var down = new Matrix(dense.Down.Rows, channels.Count);
        for (var place = 0; place < experts.Length; place++)
        {
            int[] own = [.. channels.Skip(place * kept).Take(kept).Select(channel => channel % width)];
            var weights = Refitted(layer, dense, experts[place], own);
            for (var row = 0; row < down.Rows; row++)
                weights.Row(row).CopyTo(down.Row(row)[(place * kept)..]);
        }

        return new(down, dense.DownBias);
    }

    private Matrix Refitted(int layer, MlpWeights dense, int expert, int[] channels)
    {
        var order = levels.Layers[layer].Experts![expert].Order;
        var factor = OutputRefit.Solved(ExpertLevels.Name(layer, expert), () => cache.Get(("expert factor", layer, expert), () =>
        {
            var problem = problems.Expert(layer, expert, ExpertWeights.Columns(dense.Down, expert, dense.Kind.ExpertWidth)!);
            LargeArrays.Settle();
            return problem.Factor(order.SurvivorsFirst(), device);
        }, made => 8L * made.Order.Count * (made.Order.Count + made.Rows)));
        return OutputRefit.Ascending(factor, dense.Down.Rows, order, channels);
    }
}
