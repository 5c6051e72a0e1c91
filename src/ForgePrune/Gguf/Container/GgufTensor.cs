namespace ForgePrune.Gguf.Container;

/// <summary>The place that a file has for one tensor.</summary>
/// <param name="Rows">The number of rows; null for a vector.</param>
/// <param name="Cols">The values of a row, or the length of a vector.</param>
internal sealed record GgufTensor(string Name, GgmlType Type, int? Rows, int Cols)
{
    /// <summary>The matrices that lie one after the other, each of <see cref="Rows"/> rows; null where the tensor is a single one.</summary>
    public int? Experts { get; init; }

    public static GgufTensor Vector(string name, int length) => new(name, GgmlType.F32, null, length);

    /// <summary>The length of each dimension, the one whose values lie together first.</summary>
    public IReadOnlyList<int> Dimensions => (Rows, Experts) switch
    {
        (null, _) => [Cols],
        ({ } rows, null) => [Cols, rows],
        ({ } rows, { } experts) => [Cols, rows, experts],
    };

    public long Bytes => (Experts ?? 1L) * (Rows ?? 1) * Type.RowBytes(Cols);
}
