namespace ForgePrune.Kernels;

/// <summary>A quantized weight matrix (out × in): a code for each weight, a scale and a zero point for each block of a row.</summary>
public sealed class QuantizedMatrix
{
    internal QuantizedMatrix(int rows, int cols, QuantizationFormat format)
    {
        (Rows, Cols, Format) = (rows, cols, format);
        Codes = new byte[(long)rows * cols];
        Scales = new float[(long)rows * Blocks];
        Zeros = new byte[(long)rows * Blocks];
    }

    /// <summary>The number of rows (outputs).</summary>
    public int Rows { get; }

    /// <summary>The number of columns (inputs).</summary>
    public int Cols { get; }

    /// <summary>How the codes are stored.</summary>
    public QuantizationFormat Format { get; }

    /// <summary>The number of blocks of a row; the last one may be shorter.</summary>
    public int Blocks => Format.Blocks(Cols);

    /// <summary>The codes, rows × cols, row-major, one in each byte.</summary>
    public byte[] Codes { get; }

    /// <summary>The scales, rows × blocks, row-major.</summary>
    public float[] Scales { get; }

    /// <summary>The zero points, rows × blocks, row-major; the middle code everywhere where the format is symmetric.</summary>
    public byte[] Zeros { get; }

    /// <summary>The grid of one block.</summary>
    internal QuantizationGrid Grid(int row, int block)
    {
        var index = ((long)row * Blocks) + block;
        return new(Scales[index], Zeros[index], Format.Top);
    }

    /// <summary>Computes the weights that the codes stand for, as a runtime does in float32.</summary>
    /// <returns>Weights, rows × cols, row-major without gaps.</returns>
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
