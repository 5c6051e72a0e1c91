using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Weights in float64, in which levels and refits are solved.</summary>
internal static class WideWeights
{
    /// <summary>Rows × columns, row-major.</summary>
    /// <param name="threads">The result does not depend on it.</param>
    public static double[] Of(Matrix weights, int threads)
    {
        var (wide, cols) = (LargeArray.Uninitialized<double>(weights.Values.Length), weights.Cols);
        Workers.For(weights.Rows, threads, row => TensorPrimitives.ConvertChecked<float, double>(weights.Row(row), wide.AsSpan(row * cols, cols)));
        return wide;
    }
}
