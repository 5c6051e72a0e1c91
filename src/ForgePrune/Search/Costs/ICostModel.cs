using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>What a plan costs: a fixed part plus one term per block, in the unit of the metric (seconds, parameters, bytes).</summary>
public interface ICostModel
{
    /// <summary>What no plan changes.</summary>
    double Fixed { get; }

    /// <summary>One attention block with the heads of <paramref name="level"/>; 0 where it is removed.</summary>
    double Attention(AttentionLevel level);

    /// <summary>One MLP block with <paramref name="ffn"/> channels; 0 where it is removed.</summary>
    double Mlp(int ffn);
}

public static class CostModelExtensions
{
    /// <summary>The whole plan. Terms are added layer by layer, attention first: the same order, hence the same rounding, as in the
    /// solver, so that a plan found within a budget is within it here too.</summary>
    public static double Of(this ICostModel cost, Plan plan)
    {
        var sum = cost.Fixed;
        foreach (var layer in plan.Layers)
        {
            sum += cost.Attention(new AttentionLevel(layer.KvHeads, layer.QueryHeads));
            sum += cost.Mlp(layer.Ffn);
        }
        return sum;
    }
}
