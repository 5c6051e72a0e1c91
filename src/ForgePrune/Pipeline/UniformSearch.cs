using ForgePrune.IO;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;

namespace ForgePrune.Pipeline;

/// <summary>Equal layers: for every attention level the widest FFN within the budget, all measured on few windows, the best of them on all.</summary>
internal sealed class UniformSearch : PlanRule
{
    public override string Summary => "equal layers, the best by measured divergence";

    public override bool KeepsHeads => true;

    public override bool Competes => true;

    public override PlanRule? For(PlanShapes shapes) => shapes == PlanShapes.Uniform ? this : null;

    /// <summary>Changes when the same levels lead to another plan.</summary>
    public override IEnumerable<StageFormat> Formats => [new("uniform search", 2)];

    public override PlanFile Choose(PlanRequest request)
    {
        var (listener, scores) = request.Measuring();
        return request.Best(UniformPlans.Best(request.Space, scores, Math.Min(request.Effort.PriceWindows, scores.Count), listener));
    }
}
