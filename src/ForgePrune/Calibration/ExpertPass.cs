using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
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
    // Rows of one product: enough for full speed.
    private const int Batch = 1024;

    private readonly int width = block.Kind.ExpertWidth, hidden = block.Down.Rows, experts = block.Router!.Rows;

    /// <summary>Moves the stream past the block.</summary>
    /// <param name="begin">The Gram of an expert; null where none is wanted.</param>
    /// <param name="finish">Called where there was one, once all its tokens are added.</param>
    public ExpertStatistics Run(ResidualStream stream, Func<int, GramAccumulator?> begin, Action<int> finish, CancellationToken cancellation)
    {
        ExpertRouting[] routes = [.. Enumerable.Range(0, stream.Chunks)
            .Select(chunk => ExpertRouting.Of(block, NormedStream.Of(stream[chunk], norm, epsilon, threads), threads))];
        Activations[] added = [.. Enumerable.Range(0, stream.Chunks).Select(chunk => new Activations(stream[chunk].Windows, stream[chunk].Tokens, hidden))];
        var statistics = new ExpertStatistics(routes.Sum(route => (long)route.Rows), new long[experts], new double[experts]);
        for (var expert = 0; expert < experts; expert++)
        {
            cancellation.ThrowIfCancellationRequested();
            var gram = begin(expert);
            var (passing, others) = Parted(routes, expert);
            foreach (var batch in passing.Chunk(Batch))
            {
                var units = Units(stream, routes, expert, batch);
                gram?.Add(units);
                Add(units, expert, batch, added, statistics);
            }

            if (gram is null)
                continue;
            foreach (var batch in Next(routes, expert, others).Take(Math.Max(0, width - passing.Count)).Chunk(Batch))
                gram.Add(Units(stream, routes, expert, batch));
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

    private static (List<(int Chunk, int Row)> Passing, List<(int Chunk, int Row)> Others) Parted(ExpertRouting[] routes, int expert)
    {
        var (passing, others) = (new List<(int, int)>(), new List<(int, int)>());
        for (var chunk = 0; chunk < routes.Length; chunk++)
            for (var row = 0; row < routes[chunk].Rows; row++)
                (routes[chunk].Passes(row, expert) ? passing : others).Add((chunk, row));
        return (passing, others);
    }

    /// <summary>Those that the router likes an expert for most come first; of equal ones, as the text has them.</summary>
    private static IEnumerable<(int Chunk, int Row)> Next(ExpertRouting[] routes, int expert, IEnumerable<(int Chunk, int Row)> tokens) =>
        tokens.OrderByDescending(token => routes[token.Chunk].Likelihood(token.Row, expert));

    /// <summary>g·(silu(gate·n) ∘ up·n) of one expert, one row for each token.</summary>
    private Activations Units(ResidualStream stream, ExpertRouting[] routes, int expert, (int Chunk, int Row)[] tokens)
    {
        var x = new Activations(1, tokens.Length, hidden);
        for (var i = 0; i < tokens.Length; i++)
            stream[tokens[i].Chunk].Values.AsSpan(tokens[i].Row * hidden, hidden).CopyTo(x.Values.AsSpan(i * hidden));
        var normed = NormedStream.Of(x, norm, epsilon, threads);
        var (gate, up) = (Projected(block.Gate), Projected(block.Up));
        SwiGlu.Forward(gate, up, up, threads);
        var units = new Activations(1, tokens.Length, width, up);
        OutputNorm.Weigh(units, [.. tokens.Select(token => routes[token.Chunk].Share(token.Row, expert))]);
        return units;

        float[] Projected(Matrix all)
        {
            var made = new float[tokens.Length * width];
            Product.Multiply(Transpose.No, Transpose.Yes, tokens.Length, width, hidden, 1, normed.Values, hidden,
                all.Values.AsSpan(expert * width * hidden, width * hidden), hidden, 0, made, width, threads);
            return made;
        }
    }

    /// <summary>Adds what the expert gives its tokens.</summary>
    private void Add(Activations units, int expert, (int Chunk, int Row)[] tokens, Activations[] added, ExpertStatistics statistics)
    {
        var outputs = new float[tokens.Length * hidden];
        Product.Multiply(Transpose.No, Transpose.Yes, tokens.Length, hidden, width, 1, units.Values, width, block.Down.Values.AsSpan(expert * width),
            block.Down.Cols, 0, outputs, hidden, threads);
        for (var i = 0; i < tokens.Length; i++)
        {
            var own = outputs.AsSpan(i * hidden, hidden);
            var sum = added[tokens[i].Chunk].Values.AsSpan(tokens[i].Row * hidden, hidden);
            statistics.Pass(expert, own);
            TensorPrimitives.Add(sum, own, sum);
        }
    }
}
