namespace ForgePrune.Model;

/// <summary>The matrices of all experts of a block as one, as <see cref="MlpWeights"/> holds them, and those of one expert taken out of it.</summary>
internal static class ExpertWeights
{
    /// <summary>Rows of one expert after those of another (gate, up).</summary>
    public static Matrix Stacked(IEnumerable<TensorSpec> experts, Func<TensorSpec, float[]> read)
    {
        TensorSpec[] specs = [.. experts];
        var all = new Matrix(specs.Sum(spec => spec.Rows), specs[0].Cols);
        foreach (TensorSpec spec in specs)
            read(spec).CopyTo(all.Values.AsSpan(spec.Expert * spec.Rows * spec.Cols));
        return all;
    }

    /// <summary>Columns of one expert after those of another (down).</summary>
    public static Matrix SideBySide(IEnumerable<TensorSpec> experts, Func<TensorSpec, float[]> read)
    {
        TensorSpec[] specs = [.. experts];
        var all = new Matrix(specs[0].Rows, specs.Sum(spec => spec.Cols));
        foreach (TensorSpec spec in specs)
        {
            float[] values = read(spec);
            for (int row = 0; row < spec.Rows; row++)
                values.AsSpan(row * spec.Cols, spec.Cols).CopyTo(all.Row(row)[(spec.Expert * spec.Cols)..]);
        }

        return all;
    }

    /// <summary>The rows of one expert, a copy; null of nothing.</summary>
    public static Matrix? Rows(Matrix? all, int expert, int width) =>
        all is null ? null : new(width, all.Cols, all.Values.AsSpan(expert * width * all.Cols, width * all.Cols).ToArray());

    /// <summary>The columns of one expert, a copy; null of nothing.</summary>
    public static Matrix? Columns(Matrix? all, int expert, int width)
    {
        if (all is null)
            return null;
        var own = new Matrix(all.Rows, width);
        for (int row = 0; row < all.Rows; row++)
            all.Row(row).Slice(expert * width, width).CopyTo(own.Row(row));
        return own;
    }
}
