namespace ForgePrune.Kernels;

/// <summary>The error of every level on another Gram, by its closed form.</summary>
internal static class UnseenErrorsReference
{
    /// <summary>Σ_{i,j≥k} A_ij B_ij with A = L⁻¹ V[π,π] L⁻ᵀ and B = Y·Yᵀ, for k from 0 to n.</summary>
    /// <param name="l">L, n × n, contiguous: the factor of H[π,π].</param>
    /// <param name="y">Y, n × rows, contiguous.</param>
    /// <param name="v">V[π,π], n × n, contiguous.</param>
    public static double[] Curve(ReadOnlySpan<double> l, ReadOnlySpan<double> y, ReadOnlySpan<double> v, int n, int rows)
    {
        var a = v.ToArray();
        TriangularSolveReference.Lower(l, n, n, a, n, n);
        var transposed = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                transposed[j * n + i] = a[i * n + j];
        TriangularSolveReference.Lower(l, n, n, transposed, n, n);
        var errors = new double[n + 1];
        for (var k = n - 1; k >= 0; k--)
        {
            errors[k] = errors[k + 1];
            for (var j = k; j < n; j++)
            {
                var b = 0.0;
                for (var row = 0; row < rows; row++)
                    b += y[k * rows + row] * y[j * rows + row];
                errors[k] += (j == k ? 1 : 2) * transposed[k * n + j] * b;
            }
        }

        return errors;
    }
}
