using System.Runtime.InteropServices;

namespace ForgePrune.Onnx.Graphs;

/// <summary>Builds one ONNX model: inputs, initializers, nodes in the order they run, outputs. Values are known by their names.</summary>
/// <param name="name">Name of the graph.</param>
/// <param name="opset">Version of the ai.onnx operators. ONNX Runtime 1.31 knows up to 26.</param>
/// <param name="irVersion">Version of the file format; 11 came with opset 23, ONNX Runtime 1.31 reads up to 13.</param>
internal sealed class OnnxGraph(string name, int opset = 23, int irVersion = 11)
{
    /// <summary>Domain of ONNX Runtime's own operators, version 1.</summary>
    public const string Microsoft = "com.microsoft";

    private readonly List<Action<ProtoWriter>> nodes = [];
    private readonly List<OnnxTensor> initializers = [];
    private readonly List<Action<ProtoWriter>> inputs = [];
    private readonly List<Action<ProtoWriter>> outputs = [];
    private readonly List<KeyValuePair<string, string>> metadata = [];
    private int unnamed;

    /// <summary>A graph input; the returned name is <paramref name="name"/>, ready to be passed on.</summary>
    public string Input(string name, OnnxType type, params OnnxDim[] dims)
    {
        inputs.Add(value => WriteValue(value, name, type, dims));
        return name;
    }

    public void Output(string name, OnnxType type, params OnnxDim[] dims) =>
        outputs.Add(value => WriteValue(value, name, type, dims));

    /// <summary>An initializer inside the model file. For small tensors: a model file ends at 2 GB.</summary>
    public string Initializer<T>(string name, ReadOnlySpan<T> values, params long[] dims)
        where T : unmanaged => Initializer(name, OnnxTypes.Of<T>(), MemoryMarshal.AsBytes(values).ToArray(), dims);

    /// <summary>An initializer inside the model file, given as little-endian bytes.</summary>
    public string Initializer(string name, OnnxType type, byte[] raw, params long[] dims)
    {
        initializers.Add(new OnnxTensor(name, type, dims, raw));
        return name;
    }

    /// <summary>An initializer whose bytes lie in the external data file.</summary>
    public string Initializer(string name, OnnxType type, ExternalSlice external, params long[] dims)
    {
        initializers.Add(new OnnxTensor(name, type, dims, external));
        return name;
    }

    /// <summary>A node with one output, whose fresh name is returned. An empty input name leaves an optional input out.</summary>
    public string Node(string opType, string domain, string[] inputs, params OnnxAttribute[] attributes)
    {
        var output = $"{opType}_{unnamed++}";
        Node(opType, domain, inputs, [output], attributes);
        return output;
    }

    /// <summary>A node with named outputs. An empty name leaves an optional input or output out.</summary>
    /// <param name="domain">Empty for ai.onnx, or <see cref="Microsoft"/>.</param>
    public void Node(string opType, string domain, string[] inputs, string[] outputs, params OnnxAttribute[] attributes) =>
        nodes.Add(node =>
        {
            // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7
            foreach (var input in inputs)
                node.String(1, input);
            foreach (var output in outputs)
                node.String(2, output);
            node.String(3, $"{opType}/{outputs[0]}");
            node.String(4, opType);
            foreach (var attribute in attributes)
                node.Message(5, attribute.Write);
            if (domain.Length > 0)
                node.String(7, domain);
        });

    /// <summary>A key and value that travel in the model file.</summary>
    public void Metadata(string key, string value) => metadata.Add(new(key, value));

    /// <summary>The bytes of the model file.</summary>
    public byte[] ToBytes()
    {
        // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8, metadata_props 14
        var model = new ProtoWriter();
        model.Int(1, irVersion);
        model.String(2, "ForgePrune");
        model.Message(7, WriteGraph);
        model.Message(8, set => set.Int(2, opset));
        model.Message(8, set =>
        {
            set.String(1, Microsoft);
            set.Int(2, 1);
        });
        foreach (var (key, value) in metadata)
        {
            model.Message(14, entry =>
            {
                entry.String(1, key);
                entry.String(2, value);
            });
        }
        return model.ToArray();
    }

    /// <summary>GraphProto: node 1, name 2, initializer 5, input 11, output 12.</summary>
    private void WriteGraph(ProtoWriter graph)
    {
        foreach (var node in nodes)
            graph.Message(1, node);
        graph.String(2, name);
        foreach (var initializer in initializers)
            graph.Message(5, initializer.Write);
        foreach (var input in inputs)
            graph.Message(11, input);
        foreach (var output in outputs)
            graph.Message(12, output);
    }

    /// <summary>ValueInfoProto: name 1, type 2 → tensor_type 1 → elem_type 1, shape 2 → dim 1 → dim_value 1 or dim_param 2.</summary>
    private static void WriteValue(ProtoWriter value, string name, OnnxType type, OnnxDim[] dims)
    {
        value.String(1, name);
        value.Message(2, of => of.Message(1, tensor =>
        {
            tensor.Int(1, (int)type);
            tensor.Message(2, shape =>
            {
                foreach (var dim in dims)
                    shape.Message(1, one => WriteDim(one, dim));
            });
        }));
    }

    private static void WriteDim(ProtoWriter one, OnnxDim dim)
    {
        if (dim.Symbol is null)
            one.Int(1, dim.Size);
        else
            one.String(2, dim.Symbol);
    }
}
