using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>The statistics of one projection's inputs while they stream by; the squares are summed where <paramref name="device"/> computes.</summary>
internal sealed class GramAccumulator(int cols, IPruningDevice device) : IDisposable
{
    private readonly IGramSum squares = device.Gram(cols);
    private readonly double[] sums = new double[cols];
    private long tokens;
    private double weight;

    public void Add(Activations inputs)
    {
        if (!inputs.Lend(memory => squares.Reader(memory) is { } there ? x => there.Add(x, sums) : null))
        {
            squares.Add(inputs.Values, inputs.Rows, inputs.Width);
            Gram.AccumulateSum(inputs.Values, inputs.Rows, cols, inputs.Width, sums);
        }

        tokens += inputs.Rows;
        weight += inputs.Rows;
    }

    /// <summary>The same with weights of tokens. In the end they are scaled to one in the mean, so that a Gram and its sums are per token as ever, and means
    /// are weighted ones.</summary>
    /// <param name="inputs">Changed: rows times their factors.</param>
    /// <param name="scales">The root of the weight of each row.</param>
    public void Add(Activations inputs, float[] scales)
    {
        OutputNorm.Weigh(inputs, scales);
        for (var row = 0; row < inputs.Rows; row++)
        {
            double scale = scales[row];
            weight += scale * scale;
            for (var col = 0; col < cols; col++)
                sums[col] += scale * inputs.Values[(row * inputs.Width) + col];
        }

        squares.Add(inputs.Values, inputs.Rows, inputs.Width);
        tokens += inputs.Rows;
    }

    public GramStatistics Finish()
    {
        var values = squares.Finish();
        if (weight != tokens)
        {
            for (var row = 0; row < cols; row++)
                TensorPrimitives.Multiply(values.AsLongSpan().Span((long)row * cols, cols), tokens / weight, values.AsLongSpan().Span((long)row * cols, cols));
            TensorPrimitives.Multiply(sums, tokens / weight, sums);
        }

        return new(cols, tokens, values, sums);
    }

    public void Dispose() => squares.Dispose();
}
