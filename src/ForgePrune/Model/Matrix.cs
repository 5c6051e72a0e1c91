using ForgePrune.Kernels;

namespace ForgePrune.Model;

/// <summary>A dense row-major float32 matrix. Weights are (out × in) as checkpoints store them.</summary>
public sealed class Matrix
{
    private readonly Lock widening = new();
    private float[]? values;
    private NarrowValues? narrow;

    /// <summary>A matrix of zeros.</summary>
    public Matrix(int rows, int cols)
        : this(rows, cols, LargeArray.Zeros<float>((long)rows * cols))
    {
    }

    /// <summary>A matrix over an existing array, which is kept and not copied.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="cols">The number of columns.</param>
    /// <param name="values">rows·cols values, row-major.</param>
    /// <exception cref="ArgumentException">The array has another length.</exception>
    public Matrix(int rows, int cols, float[] values)
    {
        if (values.Length != (long)rows * cols)
            throw new ArgumentException($"{values.Length} values for a {rows} × {cols} matrix", nameof(values));
        Rows = rows;
        Cols = cols;
        this.values = values;
    }

    /// <summary>A matrix as a checkpoint stores it, which is widened when <see cref="Values"/> are asked for.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    internal Matrix(int rows, int cols, NarrowValues narrow)
    {
        if (narrow.Bits.Length != (long)rows * cols)
            throw new ArgumentException($"{narrow.Bits.Length} values for a {rows} × {cols} matrix", nameof(narrow));
        (Rows, Cols, this.narrow) = (rows, cols, narrow);
    }

    /// <summary>The values as they are stored; null where they are, or have become, float32: those may have been written to.</summary>
    internal NarrowValues? Narrow => narrow;

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Cols { get; }

    /// <summary>The values, rows × cols, row-major without gaps.</summary>
    public float[] Values => values ?? Widened();

    /// <summary>One row, <see cref="Cols"/> values. Writing to it changes the matrix.</summary>
    public Span<float> Row(int row) => Values.AsSpan(row * Cols, Cols);

    /// <summary>Copies one row in float32; of values of two bytes, no other is widened.</summary>
    internal void CopyRow(int row, Span<float> into)
    {
        if (narrow is { } stored)
            stored.Widen(row * Cols, into[..Cols]);
        else
            Row(row).CopyTo(into);
    }

    /// <summary>Whether both have their values in one array, so that either stands for the other. Nothing is widened for the answer.</summary>
    internal bool Shares(Matrix other) => ReferenceEquals(this, other)
        || (values is { } wide && ReferenceEquals(wide, other.values)) || (narrow is { } stored && ReferenceEquals(stored.Bits, other.narrow?.Bits));

    private float[] Widened()
    {
        lock (widening)
        {
            if (values is null)
                Volatile.Write(ref values, narrow!.Widened());
            narrow = null;
            return values;
        }
    }
}
