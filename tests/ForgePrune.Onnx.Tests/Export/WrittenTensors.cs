using System.Buffers.Binary;
using System.Text.Json.Nodes;
using ForgePrune.Onnx.Tests.Export.Written;

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

    /// <summary>Values in the float initializers of a model.onnx; the rotary tables and single factors, which no training changes, are no parameters.</summary>
    public static long Onnx(string file) => OnnxFile.Read(file).Tensors
        .Where(tensor => tensor.Type == Float && tensor.Dims.Length > 0 && !tensor.Name.Contains("rotary.", StringComparison.Ordinal))
        .Sum(tensor => Product(tensor.Dims));

    // A value of TensorProto.DataType.
    private const long Float = 1;

    private static long Product(IEnumerable<long> dims) => dims.Aggregate(1L, (product, dim) => product * dim);
}
