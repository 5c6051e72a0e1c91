using System.Numerics.Tensors;
using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>The forward pass of a block of experts. Experts come one after the other, each with the tokens that pass it: of k experts for a token, k of all
/// experts' arithmetic.</summary>
/// <remarks>The numbers are those of computing all experts and weighing the others by zero, but for the order of float32 sums: each output adds
/// k·<see cref="MlpKind.ExpertWidth"/> products in k sums, where it was one sum with zeros between them.</remarks>
internal static class RoutedBlock
{
    /// <summary>x + r·mlp(norm(x)).</summary>
    /// <param name="scale">r, the factor of what the block adds to the stream.</param>
    /// <param name="captureInputs">Whether to return the inputs of all experts' down_proj, with zeros where a token does not pass an expert.</param>
    public static BlockResult Run(
        MlpWeights block, float[] norm, double epsilon, double scale, Activations x, bool captureInputs, int threads)
    {
        var output = new Activations(x.Windows, x.Tokens, x.Width);
        var inputs = captureInputs ? new Activations(x.Windows, x.Tokens, block.Ffn) : null;
        if (x.Rows == 0)
            return new BlockResult(output, inputs);
        var (tokens, width) = (new RoutedTokens(block, norm, epsilon, [x], threads), block.Kind.ExpertWidth);
        for (var expert = 0; expert < tokens.Experts; expert++)
        {
            foreach (var batch in tokens.Of(expert))
            {
                var units = tokens.Units(expert, batch);
                RoutedTokens.Add(tokens.Outputs(expert, units), 1, [output], batch);
                for (var i = 0; i < batch.Length && inputs is not null; i++)
                    units.Values.AsSpan(i * width, width).CopyTo(inputs.Values.AsSpan((batch[i].Row * inputs.Width) + (expert * width)));
            }
        }

        TensorPrimitives.MultiplyAdd(output.Values, (float)scale, x.Values, output.Values);
        return new BlockResult(output, inputs);
    }
}
