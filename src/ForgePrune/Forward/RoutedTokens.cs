using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>A text in front of a block of experts: which tokens pass which expert, and what an expert makes of its own. No expert is computed for
/// others.</summary>
internal sealed class RoutedTokens
{
    // Rows of one product: enough for full speed.
    private const int Batch = 1024;

    private readonly MlpWeights block;
    private readonly float[] norm;
    private readonly double epsilon;
    private readonly Activations[] stream;
    private readonly int threads, width, hidden;
    private readonly ExpertRouting[] routes;
    private readonly List<(int Chunk, int Row)>[] passing;

    /// <param name="norm">Weights of the block's RMSNorm.</param>
    /// <param name="stream">The residual stream before the block, in chunks; read until the last expert is done.</param>
    public RoutedTokens(MlpWeights block, float[] norm, double epsilon, Activations[] stream, int threads)
    {
        (this.block, this.norm, this.epsilon, this.stream, this.threads) = (block, norm, epsilon, stream, threads);
        (width, hidden, Experts) = (block.Kind.ExpertWidth, block.Down.Rows, block.Router!.Rows);
        routes = [.. stream.Select(chunk => ExpertRouting.Of(block, NormedStream.Of(chunk, norm, epsilon, threads), threads))];
        passing = [.. Enumerable.Range(0, Experts).Select(_ => new List<(int, int)>())];
        for (var chunk = 0; chunk < routes.Length; chunk++)
            for (var row = 0; row < routes[chunk].Rows; row++)
                foreach (var expert in routes[chunk].Of(row))
                    passing[expert].Add((chunk, row));
    }

    public int Experts { get; }

    public long Tokens => routes.Sum(route => (long)route.Rows);

    /// <summary>How many tokens pass an expert.</summary>
    public int Passing(int expert) => passing[expert].Count;

    /// <summary>The tokens that pass an expert, in the order of the text, as many at a time as one product takes.</summary>
    public IEnumerable<(int Chunk, int Row)[]> Of(int expert) => passing[expert].Chunk(Batch);

    /// <summary>Tokens that do not pass an expert: those that the router likes it for most come first; of equal ones, as the text has them.</summary>
    public IEnumerable<(int Chunk, int Row)[]> Next(int expert, int count) => count <= 0 ? [] : routes
        .SelectMany((route, chunk) => Enumerable.Range(0, route.Rows).Where(row => !route.Passes(row, expert)).Select(row => (Chunk: chunk, Row: row)))
        .OrderByDescending(token => routes[token.Chunk].Likelihood(token.Row, expert)).Take(count).Chunk(Batch);

    /// <summary>g·(silu(gate·n) ∘ up·n) of one expert, one row for each token: what enters its down_proj, with the token's weight for the expert.</summary>
    public Activations Units(int expert, (int Chunk, int Row)[] tokens)
    {
        var normed = NormedStream.Of(Gathered(stream, tokens), norm, epsilon, threads);
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

    /// <summary>What an expert adds for its tokens, one row of hidden values for each.</summary>
    public Activations Outputs(int expert, Activations units)
    {
        var outputs = new Activations(1, units.Rows, hidden);
        Product.Multiply(Transpose.No, Transpose.Yes, units.Rows, hidden, width, 1, units.Values, width, block.Down.Values.AsSpan(expert * width),
            block.Down.Cols, 0, outputs.Values, hidden, threads);
        return outputs;
    }

    /// <summary>The rows of some tokens, one after the other.</summary>
    public static Activations Gathered(Activations[] chunks, (int Chunk, int Row)[] tokens)
    {
        var gathered = new Activations(1, tokens.Length, chunks[0].Width);
        for (var i = 0; i < tokens.Length; i++)
            RowOf(chunks, tokens[i]).CopyTo(gathered.Values.AsSpan(i * gathered.Width));
        return gathered;
    }

    /// <summary>Adds rows, times a factor, to those of their tokens.</summary>
    public static void Add(Activations rows, float factor, Activations[] chunks, (int Chunk, int Row)[] tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            var sum = RowOf(chunks, tokens[i]);
            TensorPrimitives.MultiplyAdd(rows.Values.AsSpan(i * rows.Width, rows.Width), factor, sum, sum);
        }
    }

    private static Span<float> RowOf(Activations[] chunks, (int Chunk, int Row) token) =>
        chunks[token.Chunk].Values.AsSpan(token.Row * chunks[token.Chunk].Width, chunks[token.Chunk].Width);
}
