using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Calibration;

/// <summary>One block of experts over a whole text: of every expert only the tokens that pass it are computed, and give its Gram.</summary>
/// <remarks>An expert that fewer tokens pass than it has channels has a Gram of too low a rank for a refit: it also counts tokens that do not pass it, those
/// that the router likes it for most, each with the weight that the expert would have in the place of the token's last one, until they are as many as channels.
/// They are the first to come where other experts leave.</remarks>
/// <param name="residualScale">The factor of what the block adds to the stream.</param>
internal sealed class ExpertPass(MlpWeights block, float[] norm, double epsilon, double residualScale, int threads)
{
    /// <summary>Moves the stream past the block.</summary>
    /// <param name="begin">The Gram of an expert; null where none is wanted.</param>
    /// <param name="finish">Called where there was one, once all its tokens are added.</param>
    public ExpertStatistics Run(ResidualStream stream, Func<int, GramAccumulator?> begin, Action<int> finish, CancellationToken cancellation)
    {
        Activations[] before = stream.All;
        var tokens = new RoutedTokens(block, norm, epsilon, before, threads);
        Activations[] added = [.. before.Select(chunk => new Activations(chunk.Windows, chunk.Tokens, chunk.Width))];
        var statistics = new ExpertStatistics(tokens.Tokens, new long[tokens.Experts], new double[tokens.Experts]);
        for (var expert = 0; expert < tokens.Experts; expert++)
        {
            cancellation.ThrowIfCancellationRequested();
            var gram = begin(expert);
            foreach (var batch in tokens.Of(expert))
            {
                var units = tokens.Units(expert, batch);
                gram?.Add(units);
                var outputs = tokens.Outputs(expert, units);
                for (var i = 0; i < outputs.Rows; i++)
                    statistics.Pass(expert, outputs.Values.AsSpan(i * outputs.Width, outputs.Width));
                RoutedTokens.Add(outputs, 1, added, batch);
            }

            if (gram is null)
                continue;
            foreach (var batch in tokens.Next(expert, block.Kind.ExpertWidth - tokens.Passing(expert)))
                gram.Add(tokens.Units(expert, batch));
            finish(expert);
            LargeArrays.Settle();
        }

        for (var chunk = 0; chunk < stream.Chunks; chunk++)
        {
            TensorPrimitives.MultiplyAdd(added[chunk].Values, (float)residualScale, stream[chunk].Values, added[chunk].Values);
            stream[chunk] = added[chunk];
        }

        return statistics;
    }
}
