using System.Globalization;

namespace ForgePrune.Onnx.Graphs;

/// <summary>An initializer: its bytes are inside the model, or a slice of the external data file.</summary>
internal sealed class OnnxTensor
{
    private readonly string name;
    private readonly OnnxType type;
    private readonly long[] dims;
    private readonly byte[]? raw;
    private readonly ExternalSlice external;

    public OnnxTensor(string name, OnnxType type, long[] dims, byte[] raw)
        : this(name, type, dims, raw.LongLength) => this.raw = raw;

    public OnnxTensor(string name, OnnxType type, long[] dims, ExternalSlice external)
        : this(name, type, dims, external.Length) => this.external = external;

    private OnnxTensor(string name, OnnxType type, long[] dims, long length)
    {
        (this.name, this.type, this.dims) = (name, type, dims);
        var elements = 1L;
        foreach (var dim in dims)
            elements = checked(elements * dim);
        var expected = type.Bytes(elements);
        if (length != expected)
            throw new ArgumentException($"initializer {name} holds {length} bytes where {type} [{string.Join(", ", dims)}] takes {expected}");
    }

    /// <summary>TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13, data_location 14 (1 = external).</summary>
    public void Write(ProtoWriter tensor)
    {
        foreach (var dim in dims)
            tensor.Int(1, dim);
        tensor.Int(2, (int)type);
        tensor.String(8, name);
        if (raw is not null)
        {
            tensor.Bytes(9, raw);
            return;
        }
        Entry(tensor, "location", external.Location);
        Entry(tensor, "offset", external.Offset.ToString(CultureInfo.InvariantCulture));
        Entry(tensor, "length", external.Length.ToString(CultureInfo.InvariantCulture));
        tensor.Int(14, 1);
    }

    private static void Entry(ProtoWriter tensor, string key, string value) => tensor.Message(13, entry =>
    {
        entry.String(1, key);
        entry.String(2, value);
    });
}
