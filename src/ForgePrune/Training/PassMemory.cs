using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>Memory that a pass over a model holds from its first step to its last, so that a step allocates none.</summary>
/// <param name="keeps">Whether a backward pass follows: its inputs then have an array for every block, otherwise all blocks share one.</param>
internal sealed class PassMemory(bool keeps)
{
    private readonly Dictionary<string, PassBuffer> shared = [];

    /// <summary>Used inside of one block only.</summary>
    /// <param name="name">Blocks that give the same name get the same array.</param>
    public PassBuffer Passing(string name, int rows, int width)
    {
        if (!shared.TryGetValue(name, out var buffer))
            shared.Add(name, buffer = new PassBuffer());
        buffer.Require(checked(rows * width));
        return buffer;
    }

    /// <summary>Kept for the backward pass.</summary>
    public PassBuffer Kept(string name, int rows, int width)
    {
        if (!keeps)
            return Passing(name, rows, width);
        var buffer = new PassBuffer();
        buffer.Require(checked(rows * width));
        return buffer;
    }
}

/// <summary>An array as long as its largest use, allocated at the first write.</summary>
internal sealed class PassBuffer
{
    private float[] values = [];
    private int length;

    public void Require(int atLeast) => length = Math.Max(length, atLeast);

    public Span<float> Of(int rows, int width)
    {
        if (values.Length < length)
            values = LargeArray.Uninitialized<float>(length);
        return values.AsSpan(0, rows * width);
    }
}
