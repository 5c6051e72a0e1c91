using ForgePrune.Kernels;

namespace ForgePrune.Onnx.Export;

/// <summary>How products with quantized weights, and rows of a quantized table, are written.</summary>
internal interface ICodeProducts
{
    /// <summary>Rows of a table, one for each id. A product with the same name shares the table: it is stored once.</summary>
    /// <returns>The name of the output, of ids × table.Cols.</returns>
    string Gather(string ids, string name, QuantizedMatrix table);

    /// <summary>x times matrices side by side.</summary>
    /// <param name="output">Its name.</param>
    void Multiply(string output, string x, string name, QuantizedMatrix[] parts);
}
