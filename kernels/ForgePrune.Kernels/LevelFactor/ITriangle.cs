namespace ForgePrune.Kernels;

/// <summary>A lower triangular factor L of which every leading part L_k is one too.</summary>
internal interface ITriangle
{
    /// <summary>solution (k × width) = (L_kᵀ)⁻¹ · targets (k × width), both contiguous.</summary>
    void SolveTransposed(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads);

    /// <summary>solution (k × width) = L_k⁻¹ · targets (k × width), both contiguous.</summary>
    void Solve(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads);
}

/// <summary>L itself, square with rows of <paramref name="stride"/>.</summary>
internal sealed class Triangle(LongArray<double> factor, int stride) : ITriangle
{
    public void SolveTransposed(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads)
    {
        targets.CopyTo(solution);
        TriangularSolve.LowerTransposed(factor, k, stride, solution, width, width, threads);
    }

    public void Solve(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads)
    {
        targets.CopyTo(solution);
        TriangularSolve.Lower(factor, k, stride, solution, width, width, threads);
    }
}

/// <summary>L⁻¹: a solve with L is a product, and the leading part of L⁻¹ is the inverse of the leading part of L.</summary>
internal sealed class InverseTriangle(LongArray<double> inverse, int stride) : ITriangle
{
    public void SolveTransposed(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads) =>
        TriangularProduct.LowerTransposed(inverse, k, stride, targets, solution, width, threads);

    public void Solve(int k, ReadOnlyLongSpan<double> targets, LongSpan<double> solution, int width, int threads) =>
        TriangularProduct.Lower(inverse, k, stride, targets, solution, width, threads);
}
