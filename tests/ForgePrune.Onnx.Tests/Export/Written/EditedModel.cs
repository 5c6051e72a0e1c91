using System.Globalization;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>An ONNX model that is changed as others would have written it.</summary>
internal sealed class EditedModel
{
    // ModelProto: graph 7. GraphProto: node 1, initializer 5, input 11, output 12. NodeProto: input 1, output 2, attribute 5.
    // TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13, data_location 14. AttributeProto: name 1, i 3.
    private readonly ProtoMessage model, graph;
    private readonly string folder;

    private EditedModel(ProtoMessage model, string folder) =>
        (this.model, graph, this.folder) = (model, ProtoMessage.Parse(model.Of(7).Single().Bytes!), folder);

    public static EditedModel Read(string file) => new(ProtoMessage.Parse(File.ReadAllBytes(file)), Path.GetDirectoryName(file)!);

    public byte[] ToBytes()
    {
        model.Each(7, _ => graph);
        return model.ToBytes();
    }

    /// <summary>Gives every value another name.</summary>
    public void Rename(Func<string, string> name)
    {
        string Given(string text) => text.Length == 0 ? "" : name(text);
        graph.Each(1, node =>
        {
            node.EachText(1, Given);
            node.EachText(2, Given);
            return node;
        });
        graph.Each(5, tensor => Texts(tensor, 8, Given));
        graph.Each(11, value => Texts(value, 1, Given));
        graph.Each(12, value => Texts(value, 1, Given));
    }

    /// <summary>Takes out the nodes that make the named values, and all that only they used.</summary>
    public void Remove(params string[] outputs)
    {
        graph.Each(1, node => node.Of(2).Any(output => outputs.Contains(output.Text)) ? null : node);
        for (var before = -1; before != graph.Fields.Count;)
        {
            before = graph.Fields.Count;
            HashSet<string> read = [.. graph.Of(1).SelectMany(node => ProtoMessage.Parse(node.Bytes!).Of(1)).Select(input => input.Text),
                .. graph.Of(12).Select(output => ProtoMessage.Parse(output.Bytes!).Text(1))];
            graph.Each(1, node => node.Of(2).Any(output => read.Contains(output.Text)) ? node : null);
            graph.Each(5, tensor => read.Contains(tensor.Text(8)) ? tensor : null);
            graph.Each(11, value => read.Contains(value.Text(1)) ? value : null);
        }
    }

    public void AddInput(string name, OnnxType type, params OnnxDim[] dims)
    {
        // A graph of nothing else lends its bytes.
        var made = new OnnxGraph("input");
        made.Input(name, type, dims);
        graph.Fields.AddRange(ProtoMessage.Parse(ProtoMessage.Parse(made.ToBytes()).Of(7).Single().Bytes!).Of(11));
    }

    /// <summary>The inputs of the first node of a kind.</summary>
    public string[] InputsOf(string kind) => [.. graph.Of(1).Select(node => ProtoMessage.Parse(node.Bytes!)).First(node => node.Text(4) == kind).Of(1)
        .Select(input => input.Text)];

    /// <summary>The whole-number attributes of every node of a kind.</summary>
    public Dictionary<string, long>[] AttributesOf(string kind) => [.. graph.Of(1).Select(node => ProtoMessage.Parse(node.Bytes!))
        .Where(node => node.Text(4) == kind)
        .Select(node => node.Of(5).Select(attribute => ProtoMessage.Parse(attribute.Bytes!)).ToDictionary(attribute => attribute.Text(1),
            attribute => attribute.Number(3)))];

    /// <summary>Puts a node before all others.</summary>
    public void AddFirst(string kind, string[] inputs, string output, params OnnxAttribute[] attributes)
    {
        var made = new OnnxGraph("node");
        made.Node(kind, "", inputs, [output], attributes);
        graph.Fields.InsertRange(0, ProtoMessage.Parse(ProtoMessage.Parse(made.ToBytes()).Of(7).Single().Bytes!).Of(1));
    }

    public void AddShape(string name, params long[] dims)
    {
        var made = new OnnxGraph("shape");
        made.Initializer<long>(name, dims, dims.Length);
        graph.Fields.AddRange(ProtoMessage.Parse(ProtoMessage.Parse(made.ToBytes()).Of(7).Single().Bytes!).Of(5));
    }

    /// <summary>Puts values of one type in place of those of another: inputs, outputs, casts, and initializers, which become part of the file.</summary>
    /// <param name="convert">Bytes of an initializer in the new type.</param>
    public void Retype(OnnxType from, OnnxType to, Func<string, byte[], byte[]> convert)
    {
        graph.Each(1, node =>
        {
            if (node.Text(4) == "Cast")
            {
                node.Each(5, attribute =>
                {
                    if (attribute.Number(3) == (long)from)
                        attribute.Set(3, (long)to);
                    return attribute;
                });
            }
            return node;
        });
        graph.Each(5, tensor =>
        {
            if (tensor.Number(2) != (long)from)
                return tensor;
            var bytes = convert(tensor.Text(8), Bytes(tensor));
            return new ProtoMessage([.. tensor.Of(1), new(2, (long)to, null), .. tensor.Of(8), new(9, 0, bytes)]);
        });
        foreach (var number in new[] { 11, 12 })
        {
            // ValueInfoProto: type 2 → tensor_type 1 → elem_type 1.
            graph.Each(number, value =>
            {
                value.Each(2, type =>
                {
                    type.Each(1, tensor =>
                    {
                        if (tensor.Number(1) == (long)from)
                            tensor.Set(1, (long)to);
                        return tensor;
                    });
                    return type;
                });
                return value;
            });
        }
    }

    /// <summary>The bytes of every initializer of a type, by name.</summary>
    public Dictionary<string, byte[]> Initializers(OnnxType type) => graph.Of(5).Select(tensor => ProtoMessage.Parse(tensor.Bytes!))
        .Where(tensor => tensor.Number(2) == (long)type).ToDictionary(tensor => tensor.Text(8), Bytes);

    private byte[] Bytes(ProtoMessage tensor)
    {
        if (tensor.Of(9).FirstOrDefault() is { } raw)
            return raw.Bytes!;
        var external = tensor.Of(13).Select(entry => ProtoMessage.Parse(entry.Bytes!)).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));
        using var file = File.OpenRead(Path.Combine(folder, external["location"]));
        file.Position = long.Parse(external["offset"], CultureInfo.InvariantCulture);
        var bytes = new byte[int.Parse(external["length"], CultureInfo.InvariantCulture)];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static ProtoMessage Texts(ProtoMessage message, int number, Func<string, string> change)
    {
        message.EachText(number, change);
        return message;
    }
}
