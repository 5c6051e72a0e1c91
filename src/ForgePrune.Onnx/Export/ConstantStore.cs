using System.Runtime.InteropServices;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Puts the constants of an exported graph where they belong: weights into the external data file, shapes into the model file.</summary>
internal sealed class ConstantStore(OnnxGraph graph, ExternalData data)
{
    private readonly HashSet<string> shapes = [];
    private readonly Dictionary<string, ExternalSlice> joined = [];

    /// <summary>A weight as the checkpoint has it.</summary>
    public string Weight(string name, ReadOnlySpan<float> values, params long[] dims) =>
        graph.Initializer(name, OnnxType.Float, data.Append(values), dims);

    public string? Bias(string name, float[]? values) => values is null ? null : Weight(name, values, values.Length);

    /// <summary>Projections side by side, transposed to (in × out): what MatMul packs best and the runtime multiplies without a copy.</summary>
    public string Transposed(string name, params Matrix[] projections)
    {
        var cols = projections[0].Cols;
        var slice = data.Append(stream => TransposedRows.Write(stream, projections));
        return graph.Initializer(name, OnnxType.Float, slice, cols, projections.Sum(projection => projection.Rows));
    }

    /// <summary>Parts of one tensor, in the order in which they lie in it.</summary>
    public string Joined<T>(string name, OnnxType type, IEnumerable<T[]> parts, params long[] dims)
        where T : unmanaged
    {
        joined[name] = data.Append(stream =>
        {
            foreach (var part in parts)
                stream.Write(MemoryMarshal.AsBytes(part.AsSpan()));
        });
        return graph.Initializer(name, type, joined[name], dims);
    }

    /// <summary>A joined tensor's bytes under another name and shape. A Reshape in the graph would be folded by the runtime into a second copy.</summary>
    public string View(string name, string of, OnnxType type, params long[] dims) => graph.Initializer(name, type, joined[of], dims);

    /// <summary>One number, stored once for all that give it the same name.</summary>
    public string Scalar(string name, float value) => shapes.Add(name) ? graph.Initializer<float>(name, [value]) : name;

    /// <summary>A shape for Reshape or Split. Inside the model file, where shape inference reads it. Equal ones are stored once.</summary>
    public string Shape(params long[] dims)
    {
        var name = "shape." + string.Join('.', dims);
        return shapes.Add(name) ? graph.Initializer<long>(name, dims, dims.Length) : name;
    }
}
