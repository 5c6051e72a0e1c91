using ForgePrune.Kernels;

namespace ForgePrune.Model;

/// <summary>A dense row-major float32 matrix. Weights are (out × in) as checkpoints store them.</summary>
public sealed class Matrix
{
    public Matrix(int rows, int cols)
        : this(rows, cols, LargeArray.Zeros<float>((long)rows * cols))
    {
    }

    public Matrix(int rows, int cols, float[] values)
    {
        if (values.Length != (long)rows * cols)
            throw new ArgumentException($"{values.Length} values for a {rows} × {cols} matrix", nameof(values));
        Rows = rows;
        Cols = cols;
        Values = values;
    }

    public int Rows { get; }

    public int Cols { get; }

    /// <summary>Row-major, row stride <see cref="Cols"/>.</summary>
    public float[] Values { get; }

    public Span<float> Row(int row) => Values.AsSpan(row * Cols, Cols);
}
