using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>The factor on the final norm that minimizes the divergence of a pruned model from the dense one.</summary>
/// <remarks>A pruned network predicts less well, yet the final norm restores the length of its hidden state, so it is overconfident. One factor s on the
/// weights of the norm corrects this, as temperature scaling does (Guo et al. 2017): KL(p ‖ softmax(s·z)) is convex in s, with the derivatives
/// E_q[z] − E_p[z] and Var_q[z] where q = softmax(s·z), so Newton's method inside a shrinking bracket finds it.</remarks>
/// <param name="Factor">The factor s; below 1 where the pruned model was overconfident.</param>
/// <param name="Kl">The mean KL(dense ‖ pruned) at s, in nats per token.</param>
public sealed record LogitScale(double Factor, double Kl)
{
    private const double Least = 0.1, Most = 10;

    // KL is flat at its minimum: a thousandth in s changes it by some 1e-6 of itself.
    private const double Enough = 1e-3;

    /// <summary>Fits the factor.</summary>
    /// <param name="pruned">The pruned model, with the vocabulary of <paramref name="dense"/>.</param>
    /// <param name="dense">The dense model.</param>
    /// <param name="runner">The forward pass of the blocks of both models.</param>
    /// <param name="windows">The text as token ids; at least one window. It should not be the text of the refit, on which a fitted model is
    /// overconfident.</param>
    /// <exception cref="Errors.BadInputException">A token id lies outside of the vocabulary.</exception>
    public static LogitScale Fit(IDecoderModel pruned, IDecoderModel dense, IBlockRunner runner, TokenWindows windows) =>
        Fit(pruned, dense, runner, windows, null);

    /// <param name="progress">Told the share that is done, 0 to 1; what it throws ends the fit.</param>
    /// <inheritdoc cref="Fit(IDecoderModel, IDecoderModel, IBlockRunner, TokenWindows)"/>
    internal static LogitScale Fit(IDecoderModel pruned, IDecoderModel dense, IBlockRunner runner, TokenWindows windows, IProgress<double>? progress)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        var rows = new LogitScaleRows(pruned, dense, runner, windows, progress);
        var (low, high) = (Least, Most);
        var scale = 1.0;
        while (true)
        {
            var (kl, slope, curvature) = rows.At(scale);
            if (slope > 0)
                high = scale;
            else
                low = scale;
            var next = curvature > 0 ? scale - slope / curvature : scale;
            if (!(next > low && next < high))
                next = (low + high) / 2;
            if (Math.Abs(next - scale) <= Enough * scale)
                return new LogitScale(scale, kl);
            scale = next;
        }
    }

    /// <summary>A model with its final norm scaled.</summary>
    public IDecoderModel Apply(IDecoderModel model) => new InMemoryModel(
        model.Config, model.ReadLayer, model.ReadEmbedding,
        NormForm.Settled(model.Config, [.. model.ReadFinalNorm().Select(weight => (float)(weight * Factor))]),
        model.Config.TiedEmbeddings ? null : model.ReadHead)
    {
        Vocabulary = model,
    };
}
