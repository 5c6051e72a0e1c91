using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Gguf.Container;

/// <summary>A matrix, or a part of one, whose rows are stored.</summary>
/// <param name="Weights">Float32 (out × in).</param>
/// <param name="Codes">Codes of the same weights, for a tensor of codes; null has them rounded to nearest.</param>
/// <param name="Order">The row of the matrix that is stored as row 0, 1, …; null keeps the order.</param>
internal readonly record struct TensorRows(Matrix Weights, QuantizedMatrix? Codes = null, Func<int, int>? Order = null)
{
    /// <summary>Rows that are rounded at once, so that the codes of a large embedding are never all in memory.</summary>
    private const int Band = 1024;

    /// <summary>Writes the rows, each filled up with zeros to the tensor's width.</summary>
    public void Write(Stream stream, GgufTensor tensor, int threads)
    {
        if (tensor.Type.CodeBits() == 0)
            WriteValues(stream, tensor);
        else if (Codes is { } codes)
            WriteCodes(stream, tensor, codes, Order);
        else
            WriteRounded(stream, tensor, threads);
    }

    private void WriteValues(Stream stream, GgufTensor tensor)
    {
        var row = new float[tensor.Cols];
        var halves = new Half[tensor.Type == GgmlType.F16 ? tensor.Cols : 0];
        for (var index = 0; index < Weights.Rows; index++)
        {
            Fill(row, index);
            if (tensor.Type == GgmlType.F32)
            {
                stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
                continue;
            }

            TensorPrimitives.ConvertToHalf(row, halves);
            if (halves.AsSpan().IndexOf(Half.PositiveInfinity) >= 0 || halves.AsSpan().IndexOf(Half.NegativeInfinity) >= 0)
                throw GgufErrors.BeyondHalf(tensor.Name, TensorPrimitives.MaxMagnitude<float>(row));
            stream.Write(MemoryMarshal.AsBytes(halves.AsSpan()));
        }
    }

    private void WriteRounded(Stream stream, GgufTensor tensor, int threads)
    {
        var format = new QuantizationFormat(tensor.Type.CodeBits(), GgmlTypes.Block, symmetric: true);
        var band = new float[Math.Min(Band, Weights.Rows) * tensor.Cols];
        for (var start = 0; start < Weights.Rows; start += Band)
        {
            var rows = Math.Min(Band, Weights.Rows - start);
            for (var row = 0; row < rows; row++)
                Fill(band.AsSpan(row * tensor.Cols, tensor.Cols), start + row);
            WriteCodes(stream, tensor, RoundToNearest.Run(band, rows, tensor.Cols, tensor.Cols, format, threads), null);
        }
    }

    private void Fill(Span<float> row, int index)
    {
        Weights.Row(Order?.Invoke(index) ?? index).CopyTo(row);
        row[Weights.Cols..].Clear();
    }

    private static void WriteCodes(Stream stream, GgufTensor tensor, QuantizedMatrix codes, Func<int, int>? order)
    {
        if (codes.Format.Bits != tensor.Type.CodeBits() || codes.Format.Block != GgmlTypes.Block || !codes.Format.Symmetric)
            throw new ArgumentException($"{tensor.Name} takes symmetric codes of {tensor.Type.CodeBits()} bits in blocks of {GgmlTypes.Block}", nameof(codes));
        var packed = new byte[tensor.Type.RowBytes(tensor.Cols)];
        Span<byte> block = stackalloc byte[GgmlTypes.Block];
        for (var index = 0; index < codes.Rows; index++)
        {
            var row = order?.Invoke(index) ?? index;
            packed.AsSpan().Clear();
            for (var b = 0; b < codes.Blocks; b++)
            {
                var start = b * GgmlTypes.Block;
                block.Fill((byte)codes.Format.Middle);
                codes.Codes.AsSpan(checked((row * codes.Cols) + start), Math.Min(GgmlTypes.Block, codes.Cols - start)).CopyTo(block);
                var scale = (Half)codes.Scales[(row * codes.Blocks) + b];
                if (Half.IsInfinity(scale))
                    throw GgufErrors.BeyondHalf(tensor.Name, codes.Scales[(row * codes.Blocks) + b]);
                Pack(block, scale, tensor.Type, packed.AsSpan(b * tensor.Type.BlockBytes()));
            }

            stream.Write(packed);
        }
    }

    /// <summary>Q8_0: bytes around 0. Q4_0: code i in the low half of byte i, code i + 16 in the high half.</summary>
    private static void Pack(ReadOnlySpan<byte> codes, Half scale, GgmlType type, Span<byte> packed)
    {
        const int half = GgmlTypes.Block / 2, middle = 128;
        BinaryPrimitives.WriteHalfLittleEndian(packed, scale);
        packed = packed[2..];
        for (var i = 0; i < (type == GgmlType.Q8 ? GgmlTypes.Block : half); i++)
            packed[i] = type == GgmlType.Q8 ? (byte)(codes[i] - middle) : (byte)(codes[i] | (codes[i + half] << 4));
    }
}
