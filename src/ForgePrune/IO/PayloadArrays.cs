using System.Runtime.InteropServices;

namespace ForgePrune.IO;

/// <summary>Plain arrays in a payload, as the little-endian bytes they are in memory.</summary>
internal static class PayloadArrays
{
    public static void WriteArray<T>(this Stream stream, ReadOnlySpan<T> values) where T : unmanaged =>
        stream.Write(MemoryMarshal.AsBytes(values));

    public static void WriteValue<T>(this Stream stream, T value) where T : unmanaged => stream.WriteArray<T>([value]);

    public static void ReadArray<T>(this Stream stream, Span<T> values) where T : unmanaged =>
        stream.ReadExactly(MemoryMarshal.AsBytes(values));

    public static T ReadValue<T>(this Stream stream) where T : unmanaged
    {
        Span<T> value = stackalloc T[1];
        stream.ReadArray(value);
        return value[0];
    }

    /// <summary>An array after its length. <paramref name="limit"/> stops a damaged length before it is allocated.</summary>
    public static T[] ReadCounted<T>(this Stream stream, int limit) where T : unmanaged
    {
        var count = stream.ReadValue<int>();
        if (count < 0 || count > limit)
            throw new InvalidDataException($"length {count} outside 0..{limit}");
        var values = new T[count];
        stream.ReadArray<T>(values);
        return values;
    }

    public static void WriteCounted<T>(this Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        stream.WriteValue(values.Length);
        stream.WriteArray(values);
    }
}
