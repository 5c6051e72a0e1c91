using System.Globalization;

namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>A value's place in an ONNX model: name, element type, sizes (a symbol where they are open).</summary>
internal sealed record WrittenValue(string Name, long Type, string[] Dims);

/// <param name="Location">Null where the bytes are inside the model.</param>
internal sealed record WrittenTensor(string Name, long Type, long[] Dims, long RawBytes, string? Location, long Offset, long Length);

internal sealed record WrittenNode(string Name, string Op, string Domain, string[] Inputs, string[] Outputs, string[] Attributes);

/// <summary>An ONNX model read by the published field numbers, with no code in common with what wrote it.</summary>
internal sealed record OnnxFile(
    long IrVersion, Dictionary<string, long> Opsets, WrittenNode[] Nodes, WrittenTensor[] Tensors, WrittenValue[] Inputs, WrittenValue[] Outputs)
{
    public static OnnxFile Read(string path)
    {
        var model = Fields(File.ReadAllBytes(path));
        var graph = Fields(model.Single(field => field.Number == 7).Bytes);
        return new OnnxFile(
            model.Single(field => field.Number == 1).Value,
            model.Where(field => field.Number == 8).Select(field => Fields(field.Bytes)).ToDictionary(set => Text(set, 1), set => Number(set, 2)),
            [.. graph.Where(field => field.Number == 1).Select(field => Node(Fields(field.Bytes)))],
            [.. graph.Where(field => field.Number == 5).Select(field => Tensor(Fields(field.Bytes)))],
            [.. graph.Where(field => field.Number == 11).Select(field => Value(Fields(field.Bytes)))],
            [.. graph.Where(field => field.Number == 12).Select(field => Value(Fields(field.Bytes)))]);
    }

    private static WrittenNode Node(List<ProtoField> node) => new(
        Text(node, 3), Text(node, 4), Text(node, 7), Texts(node, 1), Texts(node, 2),
        [.. node.Where(field => field.Number == 5).Select(field => Text(Fields(field.Bytes), 1))]);

    private static WrittenTensor Tensor(List<ProtoField> tensor)
    {
        var external = tensor.Where(field => field.Number == 13).Select(field => Fields(field.Bytes))
            .ToDictionary(entry => Text(entry, 1), entry => Text(entry, 2));
        long Entry(string key) => long.Parse(external[key], NumberStyles.None, CultureInfo.InvariantCulture);
        // data_location says which of the two forms a tensor has; both at once would be a contradiction.
        Assert.That(Number(tensor, 14) == 1, Is.EqualTo(external.Count > 0), Text(tensor, 8));
        return new(Text(tensor, 8), Number(tensor, 2), [.. tensor.Where(field => field.Number == 1).Select(field => field.Value)],
            tensor.Where(field => field.Number == 9).Sum(field => field.Bytes!.LongLength),
            external.GetValueOrDefault("location"), external.Count > 0 ? Entry("offset") : 0, external.Count > 0 ? Entry("length") : 0);
    }

    private static WrittenValue Value(List<ProtoField> value)
    {
        var tensor = Fields(Fields(value.Single(field => field.Number == 2).Bytes).Single(field => field.Number == 1).Bytes);
        var dims = Fields(tensor.Single(field => field.Number == 2).Bytes).Where(field => field.Number == 1).Select(field => Fields(field.Bytes).Single());
        return new(Text(value, 1), Number(tensor, 1), [.. dims.Select(dim => dim.Number == 1 ? dim.Value.ToString(CultureInfo.InvariantCulture)
            : dim.Text)]);
    }

    private static string[] Texts(List<ProtoField> fields, int number) =>
        [.. fields.Where(field => field.Number == number).Select(field => field.Text)];

    private static string Text(List<ProtoField> fields, int number) => Texts(fields, number).SingleOrDefault() ?? "";

    private static long Number(List<ProtoField> fields, int number) => fields.SingleOrDefault(field => field.Number == number)?.Value ?? 0;

    private static List<ProtoField> Fields(byte[]? bytes) => ProtoMessage.Parse(bytes!).Fields;
}
