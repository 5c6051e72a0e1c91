namespace ForgePrune.Kernels;

/// <summary>A matrix that another library of this process computed, row-major where it lies. It is lent: nobody here frees it or writes to it.</summary>
/// <param name="Memory">Where it lies.</param>
/// <param name="Pointer">Address of its first element there.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Rows">Rows, one for each token.</param>
/// <param name="Cols">Columns.</param>
/// <param name="Stride">Elements from one row to the next.</param>
internal readonly record struct LentMatrix(LentMemory Memory, nint Pointer, LentType Type, int Rows, int Cols, long Stride)
{
    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => Type == LentType.F32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Whether its rows follow each other without gaps.</summary>
    public bool IsDense => Stride == Cols;

    /// <summary>Address of a row.</summary>
    public nint Row(int row) => Pointer + (nint)(row * Stride * ElementBytes);

    /// <summary>Throws unless it has so many columns and is a matrix at all.</summary>
    /// <exception cref="ArgumentException">It has other columns, a stride below their number, or no address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of rows is negative.</exception>
    public void Require(int cols)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Rows);
        if (Cols != cols)
            throw new ArgumentException($"The lent matrix has {Cols} columns, and the sum was begun for {cols}.");
        if (Stride < Cols)
            throw new ArgumentException($"The lent matrix has a stride of {Stride}, below its {Cols} columns; a stride counts the elements from one row to the next.");
        if (Pointer == 0 && Rows > 0 && Cols > 0)
            throw new ArgumentException($"The lent matrix of {Rows} x {Cols} has no address.");
    }
}

/// <summary>Types of elements that are lent.</summary>
internal enum LentType
{
    /// <summary>float32.</summary>
    F32,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16, the upper 16 bits of a float32.</summary>
    BF16,
}
