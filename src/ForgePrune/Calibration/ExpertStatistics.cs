using System.Numerics.Tensors;

namespace ForgePrune.Calibration;

/// <summary>What a text says of the experts of one block: how many tokens passed each, and Σ g·‖f(n)‖ over them, g the token's weight for the expert and
/// f(n) its output. Statistics of different texts add up.</summary>
public sealed class ExpertStatistics
{
    /// <summary>Statistics of no tokens.</summary>
    /// <param name="experts">The number of experts.</param>
    public ExpertStatistics(int experts)
        : this(0, new long[experts], new double[experts])
    {
    }

    internal ExpertStatistics(long tokens, long[] routed, double[] sums) => (Tokens, Routed, Sums) = (tokens, routed, sums);

    /// <summary>The tokens of the text.</summary>
    public long Tokens { get; }

    /// <summary>The tokens that passed each expert.</summary>
    public long[] Routed { get; }

    /// <summary>Σ g·‖f(n)‖ of each expert over those tokens.</summary>
    public double[] Sums { get; }

    /// <summary>The saliency of an expert: the mean of g·‖f(n)‖ over the tokens that passed it (REAP: Lasby and others 2025, arXiv 2510.13999); 0 where none
    /// did.</summary>
    public double Saliency(int expert) => Routed[expert] == 0 ? 0 : Sums[expert] / Routed[expert];

    /// <summary>Adds a token that passes an expert.</summary>
    /// <param name="output">g·f(n), hidden values.</param>
    internal void Pass(int expert, ReadOnlySpan<float> output)
    {
        Routed[expert]++;
        Sums[expert] += TensorPrimitives.Norm(output);
    }

    internal bool IsFinite => Sums.All(double.IsFinite);

    /// <summary>The statistics of both texts together.</summary>
    /// <exception cref="ArgumentException">The numbers of experts differ.</exception>
    public static ExpertStatistics Merge(ExpertStatistics first, ExpertStatistics second) => first.Routed.Length != second.Routed.Length
        ? throw new ArgumentException($"statistics of {first.Routed.Length} and {second.Routed.Length} experts do not add up", nameof(second))
        : new(first.Tokens + second.Tokens, [.. first.Routed.Zip(second.Routed, (a, b) => a + b)], [.. first.Sums.Zip(second.Sums, (a, b) => a + b)]);
}
