using ForgePrune.Kernels;

namespace ForgePrune.Forward;

/// <summary>Float32 activations, windows × tokens × width, row-major.</summary>
public sealed class Activations
{
    private float[]? values;

    /// <summary>Activations of zeros.</summary>
    public Activations(int windows, int tokens, int width)
        : this(windows, tokens, width, LargeArray.Zeros<float>((long)windows * tokens * width))
    {
    }

    /// <summary>Activations over an existing array, which is kept and not copied.</summary>
    /// <param name="windows">The number of windows.</param>
    /// <param name="tokens">The number of tokens per window.</param>
    /// <param name="width">The number of values per token.</param>
    /// <param name="values">windows·tokens·width values.</param>
    /// <exception cref="ArgumentException">The array has another length.</exception>
    public Activations(int windows, int tokens, int width, float[] values)
    {
        if (values.Length != (long)windows * tokens * width)
            throw new ArgumentException($"{values.Length} values for {windows} × {tokens} × {width}", nameof(values));
        (Windows, Tokens, Width, this.values) = (windows, tokens, width, values);
    }

    /// <summary>Activations that lie where they were computed until the host asks for <see cref="Values"/>.</summary>
    internal Activations(int windows, int tokens, int width, IStayingValues staying) =>
        (Windows, Tokens, Width, Staying) = (windows, tokens, width, staying);

    /// <summary>Where the values lie besides; null on the host alone. Values that stay are not written to: both places would differ.</summary>
    internal IStayingValues? Staying { get; }

    /// <summary>The number of windows.</summary>
    public int Windows { get; }

    /// <summary>The number of tokens per window.</summary>
    public int Tokens { get; }

    /// <summary>The number of values per token, which is also the row stride.</summary>
    public int Width { get; }

    /// <summary>The number of rows, one per token: windows × tokens.</summary>
    public int Rows => Windows * Tokens;

    /// <summary>The values, rows × width, row-major.</summary>
    public float[] Values => values ??= Staying!.ToHost();

    /// <summary>Lets the values be read where they lie, so that they need not come to the host.</summary>
    /// <param name="reader">Gives what reads a memory; null where nothing does.</param>
    /// <returns>Whether they were read; else <see cref="Values"/> has them.</returns>
    internal bool Lend(Func<LentMemory, Action<LentMatrix>?> reader) =>
        // What the host has fetched it may have changed.
        values is null && Staying is { Memory: { } memory } there && reader(memory) is { } read && there.Lend(read);

    /// <summary>Copies some rows, one after another.</summary>
    /// <param name="rows">Their indices.</param>
    /// <param name="into">rows.Length × width.</param>
    internal void Take(ReadOnlySpan<int> rows, Span<float> into)
    {
        for (var i = 0; i < rows.Length; i++)
            Values.AsSpan(rows[i] * Width, Width).CopyTo(into[(i * Width)..]);
    }

    /// <summary>A copy of some rows, one after another.</summary>
    /// <inheritdoc cref="Take(ReadOnlySpan{int}, Span{float})"/>
    internal float[] Take(ReadOnlySpan<int> rows)
    {
        var taken = LargeArray.Uninitialized<float>((long)rows.Length * Width);
        Take(rows, taken);
        return taken;
    }
}
