using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// XᵀX, and where targets are given YᵀX, that do not fit into the device's memory: they lie on the host, and are summed there block by block, a panel of
/// columns against another. The bits are those of <see cref="GpuGramSum"/> and <see cref="GpuMomentSum"/>.
/// </summary>
/// <remarks>
/// Tokens are held on the host until there are some thousand of them, or the sums end: then each block goes over, takes all of them, and comes back. So the
/// sums cross the bus once for so many tokens, and each token once for every panel.
/// </remarks>
internal sealed class PanelSum : IGramSum, IMomentSum
{
    /// <summary>Tokens held at most: they take twice as long to multiply as the blocks of a Gram to go over and come back, by an estimate for an H100.</summary>
    internal const int HeldTokens = 16 * GpuGramSum.Slab;

    private readonly GpuDevice device;
    private readonly GpuGram gram;
    private readonly GpuCross cross;
    private readonly int cols, rows, width, mostHeld, threads;
    private readonly LongArray<double> squares;
    private readonly double[] moment;
    private readonly List<(int Tokens, float[][] Inputs, float[][] Targets)> held = [];
    private int tokens;
    private bool isBegun;

    /// <param name="gram">In float32: the kernel of the blocks off the diagonal has no other precision.</param>
    /// <param name="rows">Columns of the targets; 0 for a Gram alone.</param>
    /// <param name="width">Columns of a panel, from 1 to <see cref="StepBytes.MostCols"/>.</param>
    /// <param name="threads">Of the processor, to mirror the Gram.</param>
    public PanelSum(GpuDevice device, GpuGram gram, GpuCross cross, int cols, int rows, int width, int threads, int mostHeld = HeldTokens)
    {
        (this.device, this.gram, this.cross, this.cols, this.rows) = (device, gram, cross, cols, rows);
        (this.width, this.threads, this.mostHeld) = (width, threads, mostHeld);
        (squares, moment) = (LargeArray.ZerosLong<double>((long)cols * cols), LargeArray.Zeros<double>((long)rows * cols));
    }

    /// <summary>Columns of the widest panel for which so many bytes of a device suffice; 0 where none is so narrow.</summary>
    /// <param name="most">Columns of the matrix.</param>
    public static int Width(long bytes, int most)
    {
        // 8·w² + 2·slab·4·w = bytes, and whole tiles where there is room for one.
        const double slabs = 2 * GpuGramSum.Slab * sizeof(float);
        var widest = (long)((Math.Sqrt(slabs * slabs + 32.0 * Math.Max(0, bytes)) - slabs) / 16);
        var width = (int)Math.Min(widest, Math.Min(most, StepBytes.MostCols));
        return width < FloatTile.Size || width == most ? width : width - width % FloatTile.Size;
    }

    /// <summary>Bytes of a device that a block takes, with its slabs of tokens.</summary>
    public static long Bytes(int width) => sizeof(double) * (long)width * width + 2L * GpuGramSum.Slab * sizeof(float) * width;

    public void Add(ReadOnlySpan<float> x, int tokens, int stride) => Add([], 0, x, stride, tokens);

    public void Add(ReadOnlySpan<float> targets, int targetStride, ReadOnlySpan<float> inputs, int inputStride, int tokens)
    {
        Shape.Require(targets, tokens, rows, targetStride);
        Shape.Require(inputs, tokens, cols, inputStride);
        // Cut at whole slabs, which cuts no block of tokens that one float32 sum holds.
        for (var first = 0; first < tokens && cols > 0; first += mostHeld)
        {
            var count = Math.Min(mostHeld, tokens - first);
            held.Add((count, Cut(inputs[(first * inputStride)..], inputStride, count, cols),
                rows == 0 ? [] : Cut(targets[(first * targetStride)..], targetStride, count, rows)));
            this.tokens += count;
            if (this.tokens >= mostHeld)
                Flush();
        }
    }

    LongArray<double> IGramSum.Finish() => Finish().Gram;

    public (LongArray<double> Gram, double[] Cross) Finish()
    {
        Flush();
        Symmetric.MirrorLower(squares, cols, cols, threads);
        return (squares, moment);
    }

    public void Dispose() => held.Clear();

    private void Flush()
    {
        if (held.Count == 0)
            return;
        using var here = device.Use();
        for (var row = 0; row < Panels(cols); row++)
            for (var col = 0; col <= row; col++)
                AddBlock(squares, cols, row, col, ofTargets: false);
        for (var row = 0; row < Panels(rows); row++)
            for (var col = 0; col < Panels(cols); col++)
                AddBlock(moment, rows, row, col, ofTargets: true);
        held.Clear();
        (tokens, isBegun) = (0, true);
    }

    /// <summary>Adds what is held to one block, panel <paramref name="row"/> of the left operand against panel <paramref name="col"/> of the inputs.</summary>
    private void AddBlock(LongSpan<double> sum, int lanes, int row, int col, bool ofTargets)
    {
        var (height, across, start) = (Size(lanes, row), Size(cols, col), (long)row * width * cols + (long)col * width);
        using DeviceMatrix<double> block = new(device, height, across);
        using DeviceMatrix<float> left = new(device, GpuGramSum.Slab, height), right = new(device, GpuGramSum.Slab, across);
        if (isBegun)
            block.UploadPart(sum, start, cols);
        else
            block.View.MemSetToZero();
        foreach (var piece in held)
            for (var first = 0; first < piece.Tokens; first += GpuGramSum.Slab)
            {
                var count = Math.Min(GpuGramSum.Slab, piece.Tokens - first);
                right.Upload(piece.Inputs[col].AsSpan(first * across), across, count);
                if (!ofTargets && row == col)
                {
                    gram.AccumulateLower(right, count, block);
                    continue;
                }
                left.Upload((ofTargets ? piece.Targets : piece.Inputs)[row].AsSpan(first * height), height, count);
                cross.Accumulate(left, right, count, block);
            }
        block.DownloadPart(sum, start, cols);
    }

    /// <summary>The columns of each panel by themselves, token after token.</summary>
    private float[][] Cut(ReadOnlySpan<float> values, int stride, int count, int extent)
    {
        var panels = new float[Panels(extent)][];
        for (var panel = 0; panel < panels.Length; panel++)
        {
            var size = Size(extent, panel);
            var part = panels[panel] = LargeArray.Uninitialized<float>((long)count * size);
            for (var token = 0; token < count; token++)
                values.Slice(token * stride + panel * width, size).CopyTo(part.AsSpan(token * size));
        }
        return panels;
    }

    private int Panels(int extent) => (extent + width - 1) / width;

    private int Size(int extent, int panel) => Math.Min(width, extent - panel * width);
}
