using System.Runtime.InteropServices;
using System.Text;

namespace ForgePrune.Gguf.Tests;

/// <summary>A GGUF file read back by the published layout, apart from the code that writes it.</summary>
internal sealed class GgufFile
{
    private readonly byte[] bytes;
    private readonly long data;

    private GgufFile(byte[] bytes)
    {
        this.bytes = bytes;
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        Assert.That(reader.ReadBytes(4), Is.EqualTo("GGUF"u8.ToArray()));
        Assert.That(reader.ReadUInt32(), Is.EqualTo(3));
        var (tensors, keys) = (reader.ReadUInt64(), reader.ReadUInt64());
        for (var i = 0UL; i < keys; i++)
            Keys.Add(Text(reader), Value(reader, reader.ReadUInt32()));
        for (var i = 0UL; i < tensors; i++)
        {
            var name = Text(reader);
            long[] dimensions = [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadInt64())];
            Tensors.Add(name, (dimensions, reader.ReadUInt32(), reader.ReadInt64()));
        }

        data = (reader.BaseStream.Position + 31) / 32 * 32;
    }

    public Dictionary<string, object> Keys { get; } = [];

    /// <summary>Dimensions, the nearest first; the number of the type; the offset behind the header.</summary>
    public Dictionary<string, (long[] Dimensions, uint Type, long Offset)> Tensors { get; } = [];

    public static GgufFile Read(string folder) => new(File.ReadAllBytes(Path.Combine(folder, GgufExporter.ModelFile)));

    /// <summary>The values of a tensor of any type, as a runtime computes them.</summary>
    public float[] Values(string name)
    {
        var (dimensions, type, offset) = Tensors[name];
        Assert.That(offset % 32, Is.Zero);
        var count = (int)dimensions.Aggregate((a, b) => a * b);
        var from = bytes.AsSpan((int)(data + offset));
        return type switch
        {
            0 => MemoryMarshal.Cast<byte, float>(from[..(4 * count)]).ToArray(),
            1 => [.. MemoryMarshal.Cast<byte, Half>(from[..(2 * count)]).ToArray().Select(value => (float)value)],
            2 => Blocks(from, count, 18, (block, i) => ((i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4) - 8)),
            8 => Blocks(from, count, 34, (block, i) => (sbyte)block[2 + i]),
            _ => throw new AssertionException($"type {type}"),
        };
    }

    private static float[] Blocks(Span<byte> from, int count, int size, Func<byte[], int, int> code)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var block = from.Slice(i / 32 * size, size).ToArray();
            values[i] = (float)BitConverter.ToHalf(block) * code(block, i % 32);
        }

        return values;
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));

    private static object Value(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 4:
                return reader.ReadUInt32();
            case 5:
                return reader.ReadInt32();
            case 6:
                return reader.ReadSingle();
            case 7:
                return reader.ReadBoolean();
            case 8:
                return Text(reader);
            case 9:
                var (item, count) = (reader.ReadUInt32(), reader.ReadUInt64());
                return Enumerable.Range(0, (int)count).Select(_ => Value(reader, item)).ToArray();
            default:
                throw new AssertionException($"a value of type {type}");
        }
    }
}
