using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>How far a fit is from its targets on text that it was not fitted to: Σ‖w∘(ŷ − y)‖²/tokens.</summary>
/// <param name="pairs">Chunk by chunk, the targets and the inputs over all columns.</param>
/// <param name="outputs">w, one for each output; null for ones.</param>
internal sealed class UnseenLoss(IReadOnlyList<(Activations Target, Activations Inputs)> pairs, int threads, float[]? outputs = null)
{
    private readonly double tokens = pairs.Sum(pair => (double)pair.Target.Rows);

    /// <summary>Of an output projection.</summary>
    /// <param name="projection">The projection over <paramref name="columns"/>.</param>
    /// <param name="columns">The columns of the inputs that it reads.</param>
    public double Of(Projection projection, int[] columns) => pairs.Sum(pair =>
    {
        var output = Product(projection.Weights, Gathered(pair.Inputs, columns));
        for (var row = 0; row < output.Rows && projection.Bias is not null; row++)
        {
            var values = output.Values.AsSpan(row * output.Width, output.Width);
            TensorPrimitives.Add(values, projection.Bias, values);
        }

        return Squared(pair.Target, output);
    }) / tokens;

    /// <summary>Of a map of inputs; null for none.</summary>
    public double Of(InputMap? map) =>
        pairs.Sum(pair => Squared(pair.Target, map is null ? pair.Inputs : Product(map.Matrix, pair.Inputs))) / tokens;

    private Activations Gathered(Activations inputs, int[] columns)
    {
        if (columns.Length == inputs.Width)
            return inputs;
        var gathered = new Activations(inputs.Windows, inputs.Tokens, columns.Length);
        Workers.For(inputs.Rows, threads, row =>
        {
            var from = inputs.Values.AsSpan(row * inputs.Width, inputs.Width);
            var to = gathered.Values.AsSpan(row * columns.Length, columns.Length);
            for (var i = 0; i < columns.Length; i++)
                to[i] = from[columns[i]];
        });
        return gathered;
    }

    /// <summary>x·Wᵀ.</summary>
    private Activations Product(Matrix weights, Activations x)
    {
        var output = new Activations(x.Windows, x.Tokens, weights.Rows);
        ForgePrune.Kernels.Product.Multiply(Transpose.No, Transpose.Yes, x.Rows, weights.Rows, weights.Cols, 1, x.Values, x.Width, weights.Values, weights.Cols, 0,
            output.Values, output.Width, threads);
        return output;
    }

    private double Squared(Activations a, Activations b)
    {
        var sum = 0.0;
        if (outputs is not null)
        {
            for (var i = 0; i < a.Values.Length; i++)
            {
                double difference = outputs[i % outputs.Length] * (a.Values[i] - b.Values[i]);
                sum += difference * difference;
            }

            return sum;
        }

        for (var row = 0; row < a.Rows; row++)
        {
            var distance = TensorPrimitives.Distance<float>(a.Values.AsSpan(row * a.Width, a.Width), b.Values.AsSpan(row * b.Width, b.Width));
            sum += (double)distance * distance;
        }

        return sum;
    }
}
