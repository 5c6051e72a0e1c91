using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The plans of a measurement that differ from the dense model in one layer: a part of it that is kept by itself.</summary>
/// <param name="Layer">That layer.</param>
/// <param name="Indices">Their places among all plans.</param>
/// <param name="Plans">The plans.</param>
/// <param name="Known">KL[plan][window] where it was measured before; null elsewhere.</param>
internal sealed record LayerPart(int Layer, int[] Indices, Plan[] Plans, double[][]? Known)
{
    // A kill loses the parts that are measured together.
    private const int Most = 8;

    /// <summary>Neighbors that are measured together: a dense layer behind them is then read once for the plans of all.</summary>
    /// <param name="fit">Whether so many plans fit into memory.</param>
    public static List<LayerPart[]> Together(LayerPart[] parts, Func<int, bool> fit)
    {
        var groups = new List<LayerPart[]>();
        for (var (start, count) = (0, 0); start < parts.Length; start += count)
        {
            var plans = parts[start].Plans.Length;
            for (count = 1; count < Most && start + count < parts.Length && fit(plans += parts[start + count].Plans.Length); count++)
            {
            }

            groups.Add(parts[start..(start + count)]);
        }

        return groups;
    }
}
