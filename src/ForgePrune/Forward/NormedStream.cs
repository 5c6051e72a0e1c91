using ForgePrune.Kernels;

namespace ForgePrune.Forward;

/// <summary>The inputs of a block's first projections: every row of the residual stream divided by its root mean square, times the weights of the
/// norm (RMSNorm, Zhang and Sennrich 2019); the stream itself where the model has no norm there.</summary>
internal static class NormedStream
{
    public static Activations Of(Activations x, float[] norm, double epsilon, int threads)
    {
        var normed = new Activations(x.Windows, x.Tokens, x.Width);
        if (norm.Length == 0)
        {
            x.Values.CopyTo(normed.Values, 0);
            return normed;
        }

        RmsNorm.Forward(x.Values, x.Rows, x.Width, norm, epsilon, normed.Values, new float[x.Rows], threads);
        return normed;
    }
}
