using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Quantization;

namespace ForgePrune.Onnx.Export;

/// <summary>A projection in the form in which it is stored.</summary>
/// <param name="Weights">Float32 (out × in); null where only codes are there.</param>
/// <param name="Codes">Stored instead of the weights; null for none.</param>
internal readonly record struct StoredProjection(Matrix? Weights, QuantizedMatrix? Codes);

/// <summary>Products of activations with stored projections: MatMul over float32, MatMulNBits over codes.</summary>
/// <param name="accuracyLevel">Of MatMulNBits: see <see cref="ModelQuantization"/>.</param>
internal sealed class StoredProjections(OnnxGraph graph, ConstantStore constants, long accuracyLevel)
{
    private readonly Dictionary<string, string[]> tables = [];

    /// <summary>Rows of a table in codes, one for each id. A product with the same name shares the table: it is stored once.</summary>
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

    /// <summary>x times projections side by side; the output's name.</summary>
    public string Multiply(string x, string name, params StoredProjection[] parts)
    {
        var output = name + ".product";
        MultiplyTo(output, x, name, parts);
        return output;
    }

    /// <summary>The same with a name for the output.</summary>
    public void MultiplyTo(string output, string x, string name, params StoredProjection[] parts)
    {
        if (parts[0].Codes is null)
            graph.Node("MatMul", "", [x, constants.Transposed(name, [.. parts.Select(part => part.Weights!)])], [output]);
        else
            MultiplyCodes(output, x, name, [.. parts.Select(part => part.Codes!)]);
    }

    private void MultiplyCodes(string output, string x, string name, QuantizedMatrix[] parts)
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
            constants.Joined(name + ".scales", OnnxType.Float, parts.Select(part => part.Scales), rows, blocks),
            .. format.Symmetric ? (string[])[] : [constants.Joined(name + ".zeros", OnnxType.UInt8, parts.Select(PackedCodes.Zeros), rows, zeroBytes)],
        ];
    }
}
