namespace ForgePrune.Gguf.Container;

/// <summary>The place that a file has for one tensor.</summary>
/// <param name="Rows">The number of rows; null for a vector.</param>
/// <param name="Cols">The values of a row, or the length of a vector.</param>
internal sealed record GgufTensor(string Name, GgmlType Type, int? Rows, int Cols)
{
    public static GgufTensor Vector(string name, int length) => new(name, GgmlType.F32, null, length);

    /// <summary>The length of each dimension, the one whose values lie together first.</summary>
    public IReadOnlyList<int> Dimensions => Rows is { } rows ? [Cols, rows] : [Cols];

    public long Bytes => (Rows ?? 1) * Type.RowBytes(Cols);
}
