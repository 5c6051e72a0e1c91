namespace ForgePrune.GpuPerf;

/// <summary>Of the matrices that answers are checked on.</summary>
/// <param name="GramColumns">Of every Gram, below, at and above the edges of its tiles.</param>
/// <param name="Tokens">Of every Gram; 256 are summed at once.</param>
/// <param name="Product">Rows, columns and depth of products.</param>
/// <param name="Rows">Of the layer whose levels are made.</param>
/// <param name="Channels">Of that layer.</param>
internal sealed record CheckSizes(int[] GramColumns, int Tokens, int Product, int Rows, int Channels)
{
    /// <summary>For ILGPU's CPU accelerator, and for the processor behind OpenCL.</summary>
    public static CheckSizes Tiny { get; } = new([7, 36], 40, 9, 6, 24);

    /// <summary>Several tiles of everything, and small enough for a tool that watches every access.</summary>
    public static CheckSizes Small { get; } = new([129, 260], 300, 140, 8, 96);

    /// <summary>For a GPU.</summary>
    public static CheckSizes Full { get; } = new([129, 260, 1000], 700, 333, 100, 640);
}
