namespace ForgePrune.Onnx.Graphs;

/// <summary>Element types with the numbers of ONNX's TensorProto.DataType.</summary>
internal enum OnnxType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    BFloat16 = 16,
    UInt4 = 21,
    Int4 = 22,
}

internal static class OnnxTypes
{
    /// <summary>Bytes of so many elements. Two of four bits share a byte, the first in the low half, across the ends of rows.</summary>
    public static long Bytes(this OnnxType type, long elements) =>
        type is OnnxType.UInt4 or OnnxType.Int4 ? (elements + 1) / 2 : checked(elements * type.Size());

    /// <summary>Bytes of one element; elements of four bits have no byte of their own.</summary>
    public static int Size(this OnnxType type) => type switch
    {
        OnnxType.UInt8 or OnnxType.Int8 or OnnxType.Bool => 1,
        OnnxType.Float16 or OnnxType.BFloat16 => 2,
        OnnxType.Float or OnnxType.Int32 => 4,
        OnnxType.Int64 or OnnxType.Double => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such element type"),
    };

    /// <summary>The element type of <typeparamref name="T"/>. bfloat16 has no .NET type: give its bytes.</summary>
    public static OnnxType Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return OnnxType.Float;
        if (typeof(T) == typeof(long)) return OnnxType.Int64;
        if (typeof(T) == typeof(int)) return OnnxType.Int32;
        if (typeof(T) == typeof(Half)) return OnnxType.Float16;
        if (typeof(T) == typeof(byte)) return OnnxType.UInt8;
        if (typeof(T) == typeof(sbyte)) return OnnxType.Int8;
        if (typeof(T) == typeof(bool)) return OnnxType.Bool;
        if (typeof(T) == typeof(double)) return OnnxType.Double;
        throw new ArgumentException($"{typeof(T).Name} is no ONNX element type");
    }
}
