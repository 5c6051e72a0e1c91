using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>What the files themselves say that they hold, read from their bytes.</summary>
internal static class WrittenTensors
{
    /// <summary>Values in the safetensors files of a folder, by their headers.</summary>
    public static long Safetensors(string folder) => Directory.GetFiles(folder, "*.safetensors").Sum(file =>
    {
        var bytes = File.ReadAllBytes(file);
        var header = JsonNode.Parse(bytes.AsSpan(8, (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes)))!.AsObject();
        return header.Where(tensor => tensor.Key != "__metadata__").Sum(tensor => Product(tensor.Value!["shape"]!.AsArray().Select(dim => (long)dim!)));
    });

    /// <summary>Values in the float initializers of a model.onnx, by its protobuf; the rotary tables, which no training changes, are no parameters.</summary>
    public static long Onnx(string file) => Fields(File.ReadAllBytes(file), Graph).SelectMany(graph => Fields(graph, Initializer)).Select(Read)
        .Where(tensor => tensor.Type == Float && !tensor.Name.StartsWith("rotary.", StringComparison.Ordinal)).Sum(tensor => Product(tensor.Dims));

    // Field numbers of ModelProto, GraphProto and TensorProto, and a value of TensorProto.DataType.
    private const int Graph = 7, Initializer = 5, Dims = 1, DataType = 2, Name = 8, Float = 1;

    private static long Product(IEnumerable<long> dims) => dims.Aggregate(1L, (product, dim) => product * dim);

    private static (string Name, long Type, long[] Dims) Read(byte[] tensor)
    {
        var fields = Parse(tensor).ToArray();
        var dims = fields.Where(field => field.Number == Dims).SelectMany(field => field.Bytes is { } packed ? Varints(packed) : [field.Value]);
        return (Encoding.UTF8.GetString(fields.Single(field => field.Number == Name).Bytes!), fields.Single(field => field.Number == DataType).Value, [.. dims]);
    }

    private static IEnumerable<byte[]> Fields(byte[] message, int number) => Parse(message).Where(field => field.Number == number).Select(field => field.Bytes!);

    private static IEnumerable<(int Number, long Value, byte[]? Bytes)> Parse(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), null);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    private static IEnumerable<long> Varints(byte[] packed)
    {
        for (var at = 0; at < packed.Length;)
            yield return Varint(packed, ref at);
    }

    private static long Varint(byte[] message, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
