using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The cost of a plan: a fixed part plus one term per block, in the unit of the metric (seconds, parameters, bytes).
/// Implement it to search with a cost of your own.</summary>
public interface ICostModel
{
    /// <summary>The part of the cost that no plan changes.</summary>
    double Fixed { get; }

    /// <summary>The cost of one attention block with the heads of <paramref name="level"/>; 0 for (0, 0).</summary>
    double Attention(AttentionLevel level);

    /// <summary>The cost of one MLP block with <paramref name="ffn"/> channels; 0 for no channels. Of a block of experts, of whole ones.</summary>
    double Mlp(int ffn);

    /// <summary>The cost of one MLP block with <paramref name="ffn"/> channels in experts of <paramref name="expertWidth"/>, where 0 stands for whole experts,
    /// and for no experts.</summary>
    double Mlp(int ffn, int expertWidth) => Mlp(ffn);
}

/// <summary>Costs of whole plans.</summary>
public static class CostModelExtensions
{
    /// <summary>The cost of a whole plan. Terms are added layer by layer, attention first. This is the order of the solver, hence the same rounding, so
    /// a plan that the solver finds within a budget is within it here too.</summary>
    public static double Of(this ICostModel cost, Plan plan)
    {
        var sum = cost.Fixed;
        foreach (var layer in plan.Layers)
        {
            sum += cost.Attention(new AttentionLevel(layer.KvHeads, layer.QueryHeads));
            sum += cost.Mlp(layer.Ffn, layer.ExpertWidth);
        }
        return sum;
    }
}
