using ForgePrune.Kernels;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Products by DequantizeLinear with blocks along the inputs (ONNX operator set 21) and a MatMul, rows by a Gather of codes before it: standard
/// operators only. Matrices lie (in × out), as MatMul takes them, without filling up a last block.</summary>
internal sealed class QdqProducts(OnnxGraph graph, ConstantStore constants) : ICodeProducts
{
    private readonly Dictionary<string, string[]> tables = [];

    public string Gather(string ids, string name, QuantizedMatrix table)
    {
        if (table.Format.Bits != 8)
            throw ExportErrors.GatheredBits(table.Format.Bits);
        var columns = (tables[name] = Store(name, table)).Select(part => graph.Node("Gather", "", [part, ids], OnnxAttribute.Of("axis", 1L))).ToArray();
        return graph.Node("Transpose", "", [Dequantize(columns, table.Format)], OnnxAttribute.Of("perm", 1L, 2L, 0L));
    }

    public void Multiply(string output, string x, string name, QuantizedMatrix[] parts) =>
        graph.Node("MatMul", "", [x, Dequantize(tables.GetValueOrDefault(name) ?? Store(name, parts), parts[0].Format)], [output]);

    private string Dequantize(string[] stored, QuantizationFormat format) =>
        graph.Node("DequantizeLinear", "", stored, OnnxAttribute.Of("axis", 0L), OnnxAttribute.Of("block_size", (long)format.Block));

    /// <returns>Names of codes, scales and, where blocks have them, zero points. Without these, code 0 stands for 0, so symmetric codes are signed.</returns>
    private string[] Store(string name, params QuantizedMatrix[] parts)
    {
        var (format, inputs, blocks) = (parts[0].Format, parts[0].Cols, parts[0].Blocks);
        var outputs = parts.Sum(part => (long)part.Rows);
        var type = (format.Bits, format.Symmetric) switch
        {
            (4, true) => OnnxType.Int4,
            (4, false) => OnnxType.UInt4,
            (_, true) => OnnxType.Int8,
            _ => OnnxType.UInt8,
        };
        var zero = format.Symmetric ? format.Middle : 0;
        return
        [
            constants.Bytes(name, type, stream => TransposedCodes.Write(stream, format.Bits, zero, inputs, [.. parts.Select(part => part.Codes)]),
                inputs, outputs),
            constants.Floats(name + ".scales", Rows(parts, blocks), blocks, outputs),
            .. format.Symmetric ? (string[])[]
                : [constants.Bytes(name + ".zeros", type, stream => TransposedCodes.Write(stream, format.Bits, 0, blocks,
                    [.. parts.Select(part => part.Zeros)]), blocks, outputs)],
        ];
    }

    /// <summary>Scales of one block of inputs after another, of all outputs.</summary>
    private static IEnumerable<float[]> Rows(QuantizedMatrix[] parts, int blocks) => Enumerable.Range(0, blocks).Select(block => parts
        .SelectMany(part => Enumerable.Range(0, part.Rows).Select(row => part.Scales[((long)row * blocks) + block])).ToArray());
}
