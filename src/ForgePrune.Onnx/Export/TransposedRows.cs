using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Writes (out × in) matrices as one (in × sum of outs) matrix, a band of rows at a time: no transposed copy is held.</summary>
internal static class TransposedRows
{
    /// <summary>Rows written at once. Sixteen floats are one cache line of the source row: each line fetched is used whole.</summary>
    private const int Band = 16;

    /// <param name="type">Float, Float16 or BFloat16.</param>
    public static void Write(Stream stream, OnnxType type, params Matrix[] matrices)
    {
        var (rows, width) = (matrices[0].Cols, matrices.Sum(matrix => matrix.Rows));
        var band = new float[Band * width];
        for (var start = 0; start < rows; start += Band)
        {
            var count = Math.Min(Band, rows - start);
            var column = 0;
            foreach (var matrix in matrices)
            {
                for (var row = 0; row < matrix.Rows; row++, column++)
                {
                    var source = matrix.Values.AsSpan((row * matrix.Cols) + start, count);
                    for (var i = 0; i < source.Length; i++)
                        band[(i * width) + column] = source[i];
                }
            }
            for (var i = 0; i < count; i++)
                NarrowFloats.Write(stream, band.AsSpan(i * width, width), type);
        }
    }
}
