namespace ForgePrune.Kernels;

/// <summary>A symmetric matrix of which only the lower half is kept up to date.</summary>
internal readonly unsafe struct LowerStorage(double* data, nint stride)
{
    public double* Data => data;

    public double Diagonal(int i) => data[i * stride + i];

    /// <summary>Elements <paramref name="start"/> to <paramref name="end"/> of row i: along the row up to the diagonal, then down the column.</summary>
    public void CopyRow(int i, int start, int end, double* row)
    {
        var along = Math.Clamp(i + 1, start, end);
        new ReadOnlySpan<double>(data + i * stride + start, along - start).CopyTo(new(row + start, along - start));
        var column = data + i;
        for (var r = along; r < end; r++)
            row[r] = column[r * stride];
    }

    /// <summary>Puts index <paramref name="last"/> of the leading part in the place of <paramref name="hole"/>; it must be the highest one.</summary>
    public void Move(int last, int hole)
    {
        if (last == hole)
            return;
        var source = data + last * stride;
        new ReadOnlySpan<double>(source, hole).CopyTo(new(data + hole * stride, hole));
        for (var r = hole + 1; r < last; r++)
            data[r * stride + hole] = source[r];
        data[hole * stride + hole] = source[last];
    }

    /// <summary>A −= Σ over k of left[k]ᵀ right[k] on the lower half of the leading m × m part.</summary>
    public void Subtract(double* left, double* right, int stepOfFactors, int factors, int m, int threads) =>
        Product.Add(Transpose.Yes, Transpose.No, m, m, factors, -1.0, left, stepOfFactors, right, stepOfFactors, data, (int)stride, threads, lower: true);
}
