using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>A projection in the form in which it is stored.</summary>
/// <param name="Weights">Float32 (out × in); null where only codes are there.</param>
/// <param name="Codes">Stored instead of the weights; null for none.</param>
internal readonly record struct StoredProjection(Matrix? Weights, QuantizedMatrix? Codes);

/// <summary>Products of activations with stored projections: MatMul over weights, <paramref name="codes"/> over codes.</summary>
internal sealed class StoredProjections(OnnxGraph graph, ConstantStore constants, ICodeProducts codes)
{
    /// <inheritdoc cref="ICodeProducts.Gather"/>
    public string Gather(string ids, string name, QuantizedMatrix table) => codes.Gather(ids, name, table);

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
            codes.Multiply(output, x, name, [.. parts.Select(part => part.Codes!)]);
    }
}
