using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Values in the element type of an export, rounded once, to nearest even.</summary>
internal static class NarrowFloats
{
    /// <summary>Values converted at once.</summary>
    private const int Block = 1 << 16;

    /// <param name="type">Float, Float16 or BFloat16.</param>
    public static void Write(Stream stream, ReadOnlySpan<float> values, OnnxType type)
    {
        var narrow = new ushort[type == OnnxType.Float ? 0 : Math.Min(Block, values.Length)];
        for (var start = 0; start < values.Length; start += Block)
        {
            var block = values.Slice(start, Math.Min(Block, values.Length - start));
            if (type == OnnxType.Float)
            {
                stream.Write(MemoryMarshal.AsBytes(block));
                continue;
            }
            var target = narrow.AsSpan(0, block.Length);
            Convert(block, target, type);
            stream.Write(MemoryMarshal.AsBytes(target));
        }
    }

    /// <summary>The bits of values in a type of two bytes.</summary>
    /// <param name="type">Float16 or BFloat16.</param>
    public static void Convert(ReadOnlySpan<float> values, Span<ushort> target, OnnxType type)
    {
        if (type == OnnxType.Float16)
        {
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<ushort, Half>(target));
            return;
        }

        for (var i = 0; i < values.Length; i++)
            target[i] = BFloat16(values[i]);
    }

    /// <summary>The same of float64 values, without a stop at float32.</summary>
    public static void Write(Stream stream, double[] values, OnnxType type)
    {
        if (type == OnnxType.Float)
            Write(stream, Array.ConvertAll(values, value => (float)value), type);
        else
            stream.Write(MemoryMarshal.AsBytes(Array.ConvertAll(values,
                value => type == OnnxType.Float16 ? BitConverter.HalfToUInt16Bits((Half)value) : BFloat16(value)).AsSpan()));
    }

    /// <summary>The upper half of a finite float32's bits, rounded to nearest even: adding half of the last place kept, less one where that place is even,
    /// carries exactly where rounding up is due.</summary>
    public static ushort BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Float32 in between is rounded to odd (Boldo and Melquiond 2008): its last bit then says that something was cut off, so that the second rounding
    /// is that of the exact value.</summary>
    public static ushort BFloat16(double value)
    {
        var single = (float)value;
        if (single == value)
            return BFloat16(single);
        var bits = BitConverter.SingleToUInt32Bits(single);
        if (Math.Abs((double)single) > Math.Abs(value))
            bits--;
        return BFloat16(BitConverter.UInt32BitsToSingle(bits | 1));
    }
}
