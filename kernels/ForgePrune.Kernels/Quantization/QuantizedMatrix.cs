namespace ForgePrune.Kernels;

/// <summary>A quantised weight matrix (out × in): a code for each weight, a scale and a zero point for each block of a row.</summary>
public sealed class QuantizedMatrix
{
    internal QuantizedMatrix(int rows, int cols, QuantizationFormat format)
    {
        (Rows, Cols, Format) = (rows, cols, format);
        Codes = new byte[(long)rows * cols];
        Scales = new float[(long)rows * Blocks];
        Zeros = new byte[(long)rows * Blocks];
    }

    public int Rows { get; }

    public int Cols { get; }

    public QuantizationFormat Format { get; }

    /// <summary>Blocks of a row.</summary>
    public int Blocks => Format.Blocks(Cols);

    /// <summary>rows × cols, one code a byte.</summary>
    public byte[] Codes { get; }

    /// <summary>rows × blocks.</summary>
    public float[] Scales { get; }

    /// <summary>rows × blocks; the middle code everywhere where the format is symmetric.</summary>
    public byte[] Zeros { get; }

    /// <summary>The grid of one block.</summary>
    public QuantizationGrid Grid(int row, int block)
    {
        var index = ((long)row * Blocks) + block;
        return new(Scales[index], Zeros[index], Format.Top);
    }

    /// <summary>The weights that the codes stand for (rows × cols), as a runtime computes them.</summary>
    public float[] Values()
    {
        var values = LargeArray.Uninitialized<float>((long)Rows * Cols);
        for (var row = 0; row < Rows; row++)
            for (var block = 0; block < Blocks; block++)
            {
                var grid = Grid(row, block);
                var end = Math.Min(Cols, (block + 1) * Format.Block);
                for (var col = block * Format.Block; col < end; col++)
                    values[((long)row * Cols) + col] = grid.Value(Codes[((long)row * Cols) + col]);
            }
        return values;
    }

    internal void Keep(int row, int block, QuantizationGrid grid)
    {
        var index = ((long)row * Blocks) + block;
        (Scales[index], Zeros[index]) = (grid.Scale, (byte)grid.Zero);
    }
}
