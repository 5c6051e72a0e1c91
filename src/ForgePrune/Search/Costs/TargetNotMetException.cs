using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>One row of what the dense model's cost is made of.</summary>
/// <param name="Cost">In the unit of the metric.</param>
/// <param name="Share">Of the dense model's cost.</param>
public readonly record struct CostRow(string Name, double Cost, double Share);

/// <summary>No plan of the search space meets the target; the rows show why. Exit code 1.</summary>
public sealed class TargetNotMetException : ForgePruneException
{
    private TargetNotMetException(string message, IReadOnlyList<CostRow> rows)
        : base(message, 1) => Rows = rows;

    /// <summary>Fixed part, attention and MLP of the dense model, the least possible, and what was asked for.</summary>
    public IReadOnlyList<CostRow> Rows { get; }

    /// <param name="dense">The dense plan.</param>
    /// <param name="least">Cost of the cheapest plan on offer.</param>
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
