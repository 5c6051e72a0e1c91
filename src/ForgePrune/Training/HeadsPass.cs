using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The steps between projection and attention for queries or keys: an RMSNorm of each head where the model has one (Qwen3), or of all
/// of them together (OLMo 2), then the rotary embedding where the layer rotates.</summary>
internal sealed class HeadsPass
{
    private readonly PassBuffer projected, scales, turned, gradient, dProjected;
    private readonly ModelConfig config;
    private readonly int heads, normWidth, normsPerRow, threads;
    private readonly bool rotates;

    public HeadsPass(string name, int heads, ModelConfig config, AttentionKind kind, int rows, PassMemory memory, int threads)
    {
        (this.heads, this.config, this.threads, rotates) = (heads, config, threads, !kind.Unrotated);
        turned = memory.Kept(name, rows, Width);
        gradient = memory.Passing("d-" + name, rows, Width);
        // Without a norm the projection is rotated in place.
        projected = config.QkNorm ? memory.Kept("projected-" + name, rows, Width) : turned;
        dProjected = config.QkNorm ? memory.Passing("d-projected-" + name, rows, Width) : gradient;
        scales = memory.Kept("scales-" + name, config.QkNorm ? rows : 0, heads);
        (normWidth, normsPerRow) = (config.HeadNormWidth(heads), config.QkNormAcrossHeads ? 1 : heads);
    }

    private int Width => heads * config.HeadDim;

    /// <summary>rows × heads·headDim, to be written before <see cref="Forward"/>.</summary>
    public Span<float> Projected(int rows) => projected.Of(rows, Width);

    /// <summary>The rotated heads, which attention reads.</summary>
    public Span<float> Turned(int rows) => turned.Of(rows, Width);

    /// <summary>Gradient of <see cref="Turned"/>, to be written before <see cref="Backward"/>.</summary>
    public Span<float> Gradient(int rows) => gradient.Of(rows, Width);

    public void Forward(ReadOnlySpan<float> norm, RotaryTable table, int rows)
    {
        if (config.QkNorm)
            RmsNorm.Forward(Projected(rows), rows * normsPerRow, normWidth, norm, config.RmsNormEps, Turned(rows), scales.Of(rows, normsPerRow), threads);
        if (rotates)
            Rotary.Forward(Turned(rows), rows, table.Positions, heads, config.HeadDim, config.RotaryWidth, table.Cos, table.Sin, threads);
    }

    /// <summary>Gradient of <see cref="Projected"/>.</summary>
    public Span<float> Backward(ReadOnlySpan<float> norm, Span<float> dNorm, RotaryTable table, int rows)
    {
        if (rotates)
            Rotary.Backward(Gradient(rows), rows, table.Positions, heads, config.HeadDim, config.RotaryWidth, table.Cos, table.Sin, threads);
        var d = dProjected.Of(rows, Width);
        if (config.QkNorm)
        {
            d.Clear();
            RmsNorm.Backward(Projected(rows), rows * normsPerRow, normWidth, norm, scales.Of(rows, normsPerRow), Gradient(rows), d, dNorm, threads);
        }

        return d;
    }
}
