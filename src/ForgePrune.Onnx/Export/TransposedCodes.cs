namespace ForgePrune.Onnx.Export;

/// <summary>Writes codes of (out × in) matrices as one (in × sum of outs) tensor, a band of inputs at a time. Two codes of four bits share a byte, the first in
/// the low half, across the ends of rows.</summary>
internal static class TransposedCodes
{
    /// <summary>Inputs written at once: one cache line of the source.</summary>
    private const int Band = 64;

    /// <param name="zero">Subtracted from every code; negative results are two's complement.</param>
    /// <param name="inputs">Columns of every matrix.</param>
    /// <param name="matrices">One code in each byte, row-major.</param>
    public static void Write(Stream stream, int bits, int zero, int inputs, byte[][] matrices)
    {
        var outputs = matrices.Sum(matrix => matrix.Length / inputs);
        var band = new byte[Math.Min(Band, inputs) * (long)outputs];
        int low = -1, mask = (1 << bits) - 1;
        for (var start = 0; start < inputs; start += Band)
        {
            var count = Math.Min(Band, inputs - start);
            var column = 0;
            foreach (var matrix in matrices)
            {
                for (var row = 0; row < matrix.Length / inputs; row++, column++)
                {
                    for (var i = 0; i < count; i++)
                        band[((long)i * outputs) + column] = (byte)((matrix[((long)row * inputs) + start + i] - zero) & mask);
                }
            }
            var codes = band.AsSpan(0, count * outputs);
            if (bits == 8)
                stream.Write(codes);
            else
                stream.Write(Pack(codes, ref low));
        }
        if (low >= 0)
            stream.WriteByte((byte)low);
    }

    /// <param name="low">A code still without its neighbor; −1 for none.</param>
    private static byte[] Pack(ReadOnlySpan<byte> codes, ref int low)
    {
        var packed = new byte[(codes.Length + (low >= 0 ? 1 : 0)) / 2];
        var at = 0;
        foreach (var code in codes)
        {
            if (low < 0)
            {
                low = code;
                continue;
            }
            packed[at++] = (byte)(low | (code << 4));
            low = -1;
        }
        return packed;
    }
}
