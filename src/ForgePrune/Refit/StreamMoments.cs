using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The second moments of a final refit for every block, over all columns of the dense block. Any level of any block can be refitted from them
/// on the activations of that pruned network. Memory: hidden·cols + cols² float64 values per block.</summary>
public sealed class StreamMoments : IRefitProblems
{
    private readonly Dictionary<string, (TargetMoments Moments, double Damping)> blocks = [];
    private readonly bool affine;

    /// <summary>Empty moments, which a final refit with these options fills.</summary>
    public StreamMoments(FinalRefitOptions options) => affine = options.Affine;

    bool IRefitProblems.RefitsWhole => true;

    /// <param name="damping">The damping that the block was fitted with.</param>
    internal void Keep(string block, TargetMoments moments, double damping) => blocks.Add(block, (moments, damping));

    RefitProblem IRefitProblems.Attention(int layer, AttentionWeights dense) => Problem(RefitStep.AttentionName(layer), dense.Output, dense.OutputBias);

    RefitProblem IRefitProblems.Mlp(int layer, MlpWeights dense) => Problem(RefitStep.MlpName(layer), dense.Down, dense.DownBias);

    RefitProblem IRefitProblems.Expert(int layer, int expert, Matrix down) =>
        throw new InvalidOperationException("a final refit keeps no moments of experts, whose inputs change with the routing");

    private RefitProblem Problem(string block, Matrix weights, float[]? bias) =>
        blocks[block].Moments.Problem(weights, bias, blocks[block].Damping, affine);
}
