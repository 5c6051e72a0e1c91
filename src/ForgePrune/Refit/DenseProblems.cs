using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Every block by itself, on the activations of the dense network and with the damping of its levels.</summary>
internal sealed class DenseProblems(LevelDatabase levels, IGramSource grams, int threads) : IRefitProblems
{
    // On its own inputs a whole block is its own best refit.
    public bool RefitsWhole => false;

    public RefitProblem Attention(int layer, AttentionWeights dense) => RefitProblem.OfDense(
        grams.Attention(layer, dense.Output.Cols), dense.Output, dense.OutputBias, levels.Layers[layer].Attention!.Damping.Fraction, levels.Affine, threads);

    public RefitProblem Mlp(int layer, MlpWeights dense) => RefitProblem.OfDense(
        grams.Mlp(layer, dense.Ffn), dense.Down, dense.DownBias, levels.Layers[layer].Mlp!.Damping.Fraction, levels.Affine, threads);

    public RefitProblem Expert(int layer, int expert, Matrix down) => RefitProblem.OfDense(
        grams.Expert(layer, expert, down.Cols), down, null, levels.Layers[layer].Experts![expert].Damping.Fraction, affine: false, threads);
}
