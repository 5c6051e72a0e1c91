using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// A vendor's library of dense products. Matrices lie column by column there: C (m × n) = alpha · op(A) · op(B) + beta · C; with beta 0 the old C is not
/// read. Calls only queue the work.
/// </summary>
internal interface IBlas : IDisposable
{
    /// <summary>Name and version, which are part of the key of what was made: another version may sum in another order.</summary>
    string Name { get; }

    void Multiply(bool transposesA, bool transposesB, int m, int n, int k, double alpha, ArrayView<double> a, int aStride, ArrayView<double> b, int bStride,
        double beta, ArrayView<double> c, int cStride);

    void Multiply(bool transposesA, bool transposesB, int m, int n, int k, float alpha, ArrayView<float> a, int aStride, ArrayView<float> b, int bStride,
        float beta, ArrayView<float> c, int cStride);
}
