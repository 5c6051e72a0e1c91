using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>What a final refit saw of every block, over all columns of the dense one: enough to refit any level of any block in the place
/// it has in that pruned network. In memory: hidden·cols + cols² float64 per block.</summary>
public sealed class StreamMoments : IRefitProblems
{
    private readonly Dictionary<string, TargetMoments> blocks = [];
    private readonly bool affine;

    public StreamMoments(FinalRefitOptions options) => affine = options.Affine;

    bool IRefitProblems.RefitsWhole => true;

    internal void Keep(string block, TargetMoments moments) => blocks.Add(block, moments);

    RefitProblem IRefitProblems.Attention(int layer, AttentionWeights dense) =>
        blocks[RefitStep.AttentionName(layer)].Problem(dense.Output, dense.OutputBias, Damping.Default, affine);

    RefitProblem IRefitProblems.Mlp(int layer, MlpWeights dense) =>
        blocks[RefitStep.MlpName(layer)].Problem(dense.Down, dense.DownBias, Damping.Default, affine);
}
