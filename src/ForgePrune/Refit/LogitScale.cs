using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>The factor on the final norm that brings a pruned model's predictions closest to the dense ones.</summary>
/// <remarks>A pruned network knows less about the next token, yet the final norm restores the length of its hidden state, so its logits
/// claim more than it knows. One factor s on the norm's weights repairs that: KL(p ‖ softmax(s·z)) is convex in s, with the derivatives
/// E_q[z] − E_p[z] and Var_q[z] where q = softmax(s·z), so Newton's method inside a shrinking bracket finds it.</remarks>
/// <param name="Factor">s; below 1 where the pruned model was too sure.</param>
/// <param name="Kl">Mean KL(dense ‖ pruned) at s, nats per token.</param>
public sealed record LogitScale(double Factor, double Kl)
{
    private const double Least = 0.1, Most = 10;

    // KL is flat at its minimum: a thousandth in s changes it by some 1e-6 of itself.
    private const double Enough = 1e-3;

    /// <param name="pruned">A model of the same vocabulary as <paramref name="dense"/>.</param>
    /// <param name="windows">At least one, best none that the weights were fitted on: there a fitted model seems surer than it should be.</param>
    public static LogitScale Fit(IDecoderModel pruned, IDecoderModel dense, IBlockRunner runner, TokenWindows windows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        var rows = new LogitScaleRows(pruned, dense, runner, windows);
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

    /// <summary>The model with its final norm scaled.</summary>
    public IDecoderModel Apply(IDecoderModel model) => new InMemoryModel(
        model.Config, model.ReadLayer, model.ReadEmbedding, [.. model.ReadFinalNorm().Select(weight => (float)(weight * Factor))],
        model.Config.TiedEmbeddings ? null : model.ReadHead);
}
