using System.Runtime.InteropServices;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Puts the constants of an exported graph where they belong: weights into the external data file, shapes into the model file.</summary>
/// <param name="type">The element type of weights.</param>
internal sealed class ConstantStore(OnnxGraph graph, ExternalData data, OnnxType type = OnnxType.Float)
{
    private readonly HashSet<string> shapes = [];
    private readonly Dictionary<string, ExternalSlice> joined = [];

    /// <summary>The element type of weights, and so of what is computed from them.</summary>
    public OnnxType Type => type;

    /// <summary>A weight as the checkpoint has it.</summary>
    public string Weight(string name, float[] values, params long[] dims) => Floats(name, [values], dims);

    /// <summary>A computed table.</summary>
    public string Table(string name, double[] values, params long[] dims) =>
        graph.Initializer(name, type, data.Append(stream => NarrowFloats.Write(stream, values, type)), dims);

    public string? Bias(string name, float[]? values) => values is null ? null : Weight(name, values, values.Length);

    /// <summary>Projections side by side, transposed to (in × out): what MatMul packs best and the runtime multiplies without a copy.</summary>
    public string Transposed(string name, params Matrix[] projections)
    {
        var cols = projections[0].Cols;
        var slice = data.Append(stream => TransposedRows.Write(stream, type, projections));
        return graph.Initializer(name, type, slice, cols, projections.Sum(projection => projection.Rows));
    }

    /// <summary>Parts of one tensor of weights, in the order in which they lie in it.</summary>
    public string Floats(string name, IEnumerable<float[]> parts, params long[] dims) => Bytes(name, type, stream =>
    {
        foreach (var part in parts)
            NarrowFloats.Write(stream, part, type);
    }, dims);

    /// <summary>The same of codes, which are stored as they are.</summary>
    public string Joined<T>(string name, OnnxType type, IEnumerable<T[]> parts, params long[] dims)
        where T : unmanaged => Bytes(name, type, stream =>
    {
        foreach (var part in parts)
            stream.Write(MemoryMarshal.AsBytes(part.AsSpan()));
    }, dims);

    /// <summary>A tensor whose bytes are written piece by piece.</summary>
    public string Bytes(string name, OnnxType type, Action<Stream> write, params long[] dims) =>
        graph.Initializer(name, type, joined[name] = data.Append(write), dims);

    /// <summary>A joined tensor's bytes under another name and shape. A Reshape in the graph would be folded by the runtime into a second copy.</summary>
    public string View(string name, string of, OnnxType type, params long[] dims) => graph.Initializer(name, type, joined[of], dims);

    /// <summary>One number, stored once for all that give it the same name.</summary>
    public string Scalar(string name, double value)
    {
        if (!shapes.Add(name))
            return name;
        using var bytes = new MemoryStream();
        NarrowFloats.Write(bytes, new[] { value }, type);
        return graph.Initializer(name, type, bytes.ToArray());
    }

    /// <summary>A shape for Reshape or Split. Inside the model file, where shape inference reads it. Equal ones are stored once.</summary>
    public string Shape(params long[] dims)
    {
        var name = "shape." + string.Join('.', dims);
        return shapes.Add(name) ? graph.Initializer<long>(name, dims, dims.Length) : name;
    }
}
