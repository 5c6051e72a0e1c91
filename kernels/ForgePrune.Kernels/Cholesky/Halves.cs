namespace ForgePrune.Kernels;

/// <summary>Where the recursions on triangular matrices cut.</summary>
internal static class Halves
{
    /// <summary>About half of n, a multiple of the base edge, so that all blocks but the last are whole.</summary>
    public static int Split(int n) => (n / 2 + Cholesky.Base - 1) / Cholesky.Base * Cholesky.Base;
}
