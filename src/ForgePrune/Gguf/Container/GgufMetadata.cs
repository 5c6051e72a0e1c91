using System.Runtime.InteropServices;
using System.Text;

namespace ForgePrune.Gguf.Container;

/// <summary>The keys of a GGUF file and their values, in the order in which they are added.</summary>
internal sealed class GgufMetadata
{
    private readonly MemoryStream bytes = new();
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);

    /// <summary>The types of values, as the format numbers them.</summary>
    private enum ValueType : uint
    {
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
    }

    public int Count => keys.Count;

    public void Add(string key, string value)
    {
        Begin(key, ValueType.String);
        Write(value);
    }

    public void Add(string key, int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Begin(key, ValueType.UInt32);
        Write((uint)value);
    }

    public void Add(string key, double value)
    {
        Begin(key, ValueType.Float32);
        Write((float)value);
    }

    public void Add(string key, bool value)
    {
        Begin(key, ValueType.Bool);
        bytes.WriteByte(value ? (byte)1 : (byte)0);
    }

    public void Add(string key, IReadOnlyCollection<string> values)
    {
        BeginArray(key, ValueType.String, values.Count);
        foreach (var value in values)
            Write(value);
    }

    public void Add(string key, int[] values)
    {
        BeginArray(key, ValueType.Int32, values.Length);
        bytes.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public void Add(string key, float[] values)
    {
        BeginArray(key, ValueType.Float32, values.Length);
        bytes.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public void WriteTo(Stream stream) => bytes.WriteTo(stream);

    private void Begin(string key, ValueType type)
    {
        if (!keys.Add(key))
            throw new ArgumentException($"the key {key} is there already", nameof(key));
        Write(key);
        Write((uint)type);
    }

    private void BeginArray(string key, ValueType type, int count)
    {
        Begin(key, ValueType.Array);
        Write((uint)type);
        Write((ulong)count);
    }

    private void Write(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        Write((ulong)utf8.Length);
        bytes.Write(utf8);
    }

    /// <summary>The format is little-endian, as are all machines that .NET 10 runs on but mainframes.</summary>
    private void Write<T>(T value)
        where T : unmanaged => bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
