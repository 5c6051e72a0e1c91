namespace ForgePrune.Kernels;

/// <summary>Weights whose dead columns are zero, since no input ever reaches them.</summary>
internal static class LivingWeights
{
    /// <summary>A copy of W (rows × n, contiguous) with zeros in its dead columns.</summary>
    public static double[] Of(ReadOnlySpan<double> weights, int n, ReadOnlySpan<bool> dead)
    {
        var living = LargeArray.Uninitialized<double>(weights.Length);
        weights.CopyTo(living);
        for (var col = 0; col < dead.Length; col++)
            for (var at = col; dead[col] && at < living.Length; at += n)
                living[at] = 0;
        return living;
    }
}
