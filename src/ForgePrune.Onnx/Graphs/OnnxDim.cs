namespace ForgePrune.Onnx.Graphs;

/// <summary>One dimension of a graph input or output: a size, or a name that stands for a size known when the graph runs.</summary>
internal readonly record struct OnnxDim
{
    private OnnxDim(long size, string? symbol) => (Size, Symbol) = (size, symbol);

    public long Size { get; }

    public string? Symbol { get; }

    public static implicit operator OnnxDim(long size) => new(size, null);

    public static implicit operator OnnxDim(int size) => new(size, null);

    public static implicit operator OnnxDim(string symbol) => new(0, symbol);
}
