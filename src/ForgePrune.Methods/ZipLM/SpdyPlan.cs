using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Methods.ZipLM;

/// <summary>SPDY and ZipLM: dynamic programming over scaled layer-wise priors, the factors searched.</summary>
internal sealed class SpdyPlan : PlanRule
{
    public override string Summary => "scaled layer errors (SPDY)";

    public override PlanFile Choose(PlanRequest request)
    {
        var (listener, scores) = request.Measuring();
        return request.Best(new SpdySearch(request.Space, Priors(request), scores, request.Effort).Run(request.Seed, listener, request.Run.Stop));
    }

    /// <summary>Relative error of every level on offer, the root of its loss over that of keeping nothing.</summary>
    private static double[][] Priors(PlanRequest request)
    {
        var space = request.Space.Space;
        return [.. Enumerable.Range(0, space.Items).Select(item =>
        {
            var (grid, layer) = (space.Offered[item / 2], request.Statistics.Levels.Layers[item / 2]);
            return item % 2 == 0
                ? Relative([.. grid.Attention.Select(level => layer.Attention?.Losses[level] ?? 0)], layer.Attention?.Losses[default] ?? 0)
                : Relative([.. grid.Ffn.Select(width => layer.Mlp?.Losses[width] ?? 0)], layer.Mlp?.Losses[0] ?? 0);
        })];
    }

    private static double[] Relative(double[] losses, double whole) => [.. losses.Select(loss => whole > 0 ? Math.Sqrt(Math.Max(0, loss) / whole) : 0)];
}
