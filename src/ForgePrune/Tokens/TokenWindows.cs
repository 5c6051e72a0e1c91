namespace ForgePrune.Tokens;

/// <summary>Token ids in rows of equal length: what calibration, search and evaluation read.</summary>
public sealed class TokenWindows
{
    private readonly int[] ids;

    public TokenWindows(int length, int[] ids)
    {
        if (length < 2)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a window needs at least two tokens");
        if (ids.Length % length != 0)
            throw new ArgumentException($"{ids.Length} ids do not fill windows of {length}", nameof(ids));
        Length = length;
        this.ids = ids;
    }

    /// <summary>Tokens per window.</summary>
    public int Length { get; }

    /// <summary>Number of windows.</summary>
    public int Count => ids.Length / Length;

    public long TokenCount => ids.Length;

    public ReadOnlySpan<int> Window(int index) => ids.AsSpan(index * Length, Length);

    public TokenWindows Slice(int start, int count) => new(Length, ids.AsSpan(start * Length, count * Length).ToArray());
}
