using ForgePrune.Kernels;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Products by ONNX Runtime's MatMulNBits, rows by its GatherBlockQuantized.</summary>
/// <param name="accuracyLevel">Of MatMulNBits: see <see cref="Quantization.ModelQuantization"/>.</param>
internal sealed class NBitsProducts(OnnxGraph graph, ConstantStore constants, long accuracyLevel) : ICodeProducts
{
    private readonly Dictionary<string, string[]> tables = [];

    public string Gather(string ids, string name, QuantizedMatrix table)
    {
        var format = table.Format;
        var codes = tables[name] = Store(name, table);
        var packed = constants.View(name + ".rows", codes[0], OnnxType.UInt8, table.Rows, (long)table.Blocks * format.Block * format.Bits / 8);
        var rows = graph.Node("GatherBlockQuantized", OnnxGraph.Microsoft, [packed, ids, .. codes[1..]], OnnxAttribute.Of("gather_axis", 0L),
            OnnxAttribute.Of("quantize_axis", 1L), OnnxAttribute.Of("block_size", (long)format.Block), OnnxAttribute.Of("bits", (long)format.Bits));
        // The last block of a row may be filled up.
        return table.Cols % format.Block == 0 ? rows : graph.Node("Slice", "", [rows, constants.Shape(0), constants.Shape(table.Cols), constants.Shape(2)]);
    }

    public void Multiply(string output, string x, string name, QuantizedMatrix[] parts)
    {
        var format = parts[0].Format;
        graph.Node("MatMulNBits", OnnxGraph.Microsoft, [x, .. tables.GetValueOrDefault(name) ?? Store(name, parts)], [output],
            OnnxAttribute.Of("K", (long)parts[0].Cols), OnnxAttribute.Of("N", parts.Sum(part => (long)part.Rows)), OnnxAttribute.Of("bits", (long)format.Bits),
            OnnxAttribute.Of("block_size", (long)format.Block), AccuracyLevel.Of(accuracyLevel));
    }

    /// <returns>Names of codes, scales and, where blocks have them, zero points.</returns>
    private string[] Store(string name, params QuantizedMatrix[] parts)
    {
        var (format, blocks, rows) = (parts[0].Format, parts[0].Blocks, parts.Sum(part => (long)part.Rows));
        var zeroBytes = ((blocks * format.Bits) + 7) / 8;
        return
        [
            constants.Joined(name, OnnxType.UInt8, parts.Select(PackedCodes.Weights), rows, blocks, format.Block * format.Bits / 8),
            constants.Floats(name + ".scales", parts.Select(part => part.Scales), rows, blocks),
            .. format.Symmetric ? (string[])[] : [constants.Joined(name + ".zeros", OnnxType.UInt8, parts.Select(PackedCodes.Zeros), rows, zeroBytes)],
        ];
    }
}
