using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>A projection in the form in which it is stored.</summary>
/// <param name="Weights">Float32 (out × in); null where only codes are there.</param>
/// <param name="Codes">Stored instead of the weights; null for none.</param>
internal readonly record struct StoredProjection(Matrix? Weights, QuantizedMatrix? Codes);

/// <summary>Products of activations with stored projections: MatMul over float32, MatMulNBits over codes.</summary>
/// <param name="accuracyLevel">Of MatMulNBits: see <see cref="ModelQuantization"/>.</param>
internal sealed class StoredProjections(OnnxGraph graph, ConstantStore constants, long accuracyLevel)
{
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
        var (format, cols, blocks) = (parts[0].Format, parts[0].Cols, parts[0].Blocks);
        long rows = parts.Sum(part => part.Rows);
        var zeroBytes = ((blocks * format.Bits) + 7) / 8;
        string[] inputs =
        [
            x,
            constants.Joined(name, OnnxType.UInt8, parts.Select(PackedCodes.Weights), rows, blocks, format.Block * format.Bits / 8),
            constants.Joined(name + ".scales", OnnxType.Float, parts.Select(part => part.Scales), rows, blocks),
            .. format.Symmetric ? (string[])[] : [constants.Joined(name + ".zeros", OnnxType.UInt8, parts.Select(PackedCodes.Zeros), rows, zeroBytes)],
        ];
        graph.Node("MatMulNBits", OnnxGraph.Microsoft, inputs, [output],
            OnnxAttribute.Of("K", (long)cols), OnnxAttribute.Of("N", rows), OnnxAttribute.Of("bits", (long)format.Bits),
            OnnxAttribute.Of("block_size", (long)format.Block), OnnxAttribute.Of("accuracy_level", accuracyLevel));
    }
}
