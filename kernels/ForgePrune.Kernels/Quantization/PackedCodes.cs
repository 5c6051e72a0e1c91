namespace ForgePrune.Kernels;

/// <summary>The bytes of a quantized matrix as com.microsoft MatMulNBits reads them.</summary>
/// <remarks>Rows are padded to whole blocks with the code of 0. Four-bit codes share a byte, the first in the low half; so do the zero points
/// of a row, which begins with a byte of its own.</remarks>
public static class PackedCodes
{
    /// <summary>Packs the codes: the operator's input B.</summary>
    /// <param name="matrix">Codes of rows × cols weights.</param>
    /// <returns>rows × blocks × (block · bits / 8) bytes.</returns>
    public static byte[] Weights(QuantizedMatrix matrix)
    {
        var (format, blocks) = (matrix.Format, matrix.Blocks);
        var width = format.Block * format.Bits / 8;
        var packed = new byte[(long)matrix.Rows * blocks * width];
        Span<byte> codes = stackalloc byte[format.Block];
        for (var row = 0; row < matrix.Rows; row++)
            for (var block = 0; block < blocks; block++)
            {
                var (start, index) = (block * format.Block, ((long)row * blocks) + block);
                codes.Fill(matrix.Zeros[index]);
                matrix.Codes.AsSpan((row * matrix.Cols) + start, Math.Min(format.Block, matrix.Cols - start)).CopyTo(codes);
                Pack(codes, format.Bits, packed.AsSpan(checked((int)(index * width)), width));
            }
        return packed;
    }

    /// <summary>Packs the zero points: the operator's input zero_points, which symmetric formats do without.</summary>
    /// <param name="matrix">Zero points of rows × blocks.</param>
    /// <returns>rows × ⌈blocks · bits / 8⌉ bytes.</returns>
    public static byte[] Zeros(QuantizedMatrix matrix)
    {
        var (bits, blocks) = (matrix.Format.Bits, matrix.Blocks);
        var width = ((blocks * bits) + 7) / 8;
        var packed = new byte[matrix.Rows * width];
        for (var row = 0; row < matrix.Rows; row++)
            Pack(matrix.Zeros.AsSpan(row * blocks, blocks), bits, packed.AsSpan(row * width, width));
        return packed;
    }

    private static void Pack(ReadOnlySpan<byte> codes, int bits, Span<byte> target)
    {
        if (bits == 8)
        {
            codes.CopyTo(target);
            return;
        }
        for (var i = 0; i < target.Length; i++)
            target[i] = (byte)(codes[2 * i] | ((2 * i) + 1 < codes.Length ? codes[(2 * i) + 1] << 4 : 0));
    }
}
