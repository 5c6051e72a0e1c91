using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>One row of the breakdown of a cost.</summary>
/// <param name="Name">The name of the part.</param>
/// <param name="Cost">The cost in the unit of the metric.</param>
/// <param name="Share">The share of the dense model's cost.</param>
public readonly record struct CostRow(string Name, double Cost, double Share);

/// <summary>No plan of the search space meets the target; the rows show why.</summary>
public sealed class TargetNotMetException : ForgePruneException
{
    private TargetNotMetException(string message, IReadOnlyList<CostRow> rows)
        : base(message) => Rows = rows;

    /// <summary>The fixed part, attention and MLP of the dense model, the least possible cost, and the cost that was asked for.</summary>
    public IReadOnlyList<CostRow> Rows { get; }

    /// <summary>The exception for a budget below the cheapest plan.</summary>
    /// <param name="cost">The cost of a plan.</param>
    /// <param name="dense">The dense plan.</param>
    /// <param name="least">The cost of the cheapest plan on offer.</param>
    /// <param name="budget">The cost that was asked for.</param>
    public static TargetNotMetException For(ICostModel cost, Plan dense, double least, double budget)
    {
        var whole = cost.Of(dense);
        var attention = dense.Layers.Sum(layer => cost.Attention(new(layer.KvHeads, layer.QueryHeads)));
        var mlp = dense.Layers.Sum(layer => cost.Mlp(layer.Ffn));
        CostRow Row(string name, double value) => new(name, value, value / whole);
        CostRow[] rows =
            [Row("fixed", cost.Fixed), Row("attention", attention), Row("mlp", mlp), Row("least possible", least), Row("asked for", budget)];
        return new(FormattableString.Invariant(
            $"The target cannot be met: it leaves {budget / whole:P1} of the dense cost, but {cost.Fixed / whole:P1} is fixed and {least / whole:P1} is the least a plan can reach; ask for less, or for another metric."), rows);
    }
}
