using ForgePrune.Kernels;

namespace ForgePrune.Forward;

/// <summary>Float32 activations (windows × tokens × width), row-major.</summary>
public sealed class Activations
{
    public Activations(int windows, int tokens, int width)
        : this(windows, tokens, width, LargeArray.Zeros<float>((long)windows * tokens * width))
    {
    }

    public Activations(int windows, int tokens, int width, float[] values)
    {
        if (values.Length != (long)windows * tokens * width)
            throw new ArgumentException($"{values.Length} values for {windows} × {tokens} × {width}", nameof(values));
        (Windows, Tokens, Width, Values) = (windows, tokens, width, values);
    }

    public int Windows { get; }

    public int Tokens { get; }

    public int Width { get; }

    /// <summary>Windows × tokens.</summary>
    public int Rows => Windows * Tokens;

    public float[] Values { get; }
}
