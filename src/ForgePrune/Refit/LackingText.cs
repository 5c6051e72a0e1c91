using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>One text in front of a pruned block of experts, and what the block still lacks of its target for every token.</summary>
internal sealed class LackingText
{
    private readonly RoutedTokens tokens;
    private readonly Activations[] lacks;
    private readonly int threads;

    /// <param name="block">The block with the weights that its experts have so far.</param>
    /// <param name="norm">Weights of its RMSNorm.</param>
    /// <param name="stream">The pruned residual stream before it.</param>
    /// <param name="targets">What it should add, before the model scales it; taken over and written to.</param>
    public LackingText(MlpWeights block, float[] norm, double epsilon, Activations[] stream, Activations[] targets, int threads)
    {
        (tokens, lacks, this.threads) = (new RoutedTokens(block, norm, epsilon, stream, threads), targets, threads);
        for (var expert = 0; expert < tokens.Experts; expert++)
            foreach (var batch in tokens.Of(expert))
                RoutedTokens.Add(tokens.Outputs(expert, tokens.Units(expert, batch)), -1, lacks, batch);
    }

    /// <summary>How many tokens pass an expert.</summary>
    public int Passing(int expert) => tokens.Passing(expert);

    /// <summary>Of the tokens that pass an expert, what is lacking and what enters its down_proj.</summary>
    public IEnumerable<(Activations Lacks, Activations Units)> Of(int expert) =>
        tokens.Of(expert).Select(batch => (RoutedTokens.Gathered(lacks, batch), tokens.Units(expert, batch)));

    /// <summary>Takes away what a change of an expert's down_proj adds.</summary>
    /// <param name="change">hidden × the expert's channels.</param>
    public void Correct(int expert, Matrix change)
    {
        foreach (var batch in tokens.Of(expert))
        {
            var (units, added) = (tokens.Units(expert, batch), new Activations(1, batch.Length, change.Rows));
            Product.Multiply(Transpose.No, Transpose.Yes, units.Rows, change.Rows, change.Cols, 1, units.Values, units.Width, change.Values, change.Cols, 0,
                added.Values, added.Width, threads);
            RoutedTokens.Add(added, -1, lacks, batch);
        }
    }
}
