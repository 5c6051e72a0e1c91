using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ForgePrune.Tokens;

/// <summary>A text as windows of token ids of equal length, which calibration, search and evaluation read.</summary>
public sealed class TokenWindows
{
    private readonly int[] ids;

    /// <summary>Windows over an array of ids, which is kept and not copied.</summary>
    /// <param name="length">The number of tokens per window, at least 2.</param>
    /// <param name="ids">The ids, window after window.</param>
    /// <exception cref="ArgumentException">The ids do not fill whole windows, or the length is below 2.</exception>
    public TokenWindows(int length, int[] ids)
    {
        if (length < 2)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a window needs at least two tokens");
        if (ids.Length % length != 0)
            throw new ArgumentException($"{ids.Length} ids do not fill windows of {length}", nameof(ids));
        Length = length;
        this.ids = ids;
    }

    /// <summary>The number of tokens per window.</summary>
    public int Length { get; }

    /// <summary>The number of windows.</summary>
    public int Count => ids.Length / Length;

    /// <summary>The number of tokens of all windows.</summary>
    public long TokenCount => ids.Length;

    /// <summary>The ids of one window.</summary>
    public ReadOnlySpan<int> Window(int index) => ids.AsSpan(index * Length, Length);

    /// <summary>SHA-256 of the window length and all ids as little-endian int32, in lower-case hexadecimal: what a manifest records.</summary>
    public string Hash
    {
        get
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> word = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(word, Length);
            sha.AppendData(word);
            var row = new byte[Length * sizeof(int)];
            for (var i = 0; i < Count; i++)
            {
                for (var t = 0; t < Length; t++)
                    BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(t * sizeof(int)), ids[i * Length + t]);
                sha.AppendData(row);
            }
            return Convert.ToHexStringLower(sha.GetHashAndReset());
        }
    }

    /// <summary>Every <paramref name="every"/>-th window is held out; the order is kept.</summary>
    /// <param name="every">The distance of held-out windows, at least 2. With fewer windows than this, none is held out.</param>
    /// <param name="seed">The choice within each run of that many windows: the last for 0, the first for 1, and so on. Not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="every"/> is below 2, or <paramref name="seed"/> is negative.</exception>
    public (TokenWindows Kept, TokenWindows HeldOut) HoldOut(int every, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        var place = (every - 1 + seed % every) % every;
        var (kept, heldOut) = (new List<int>(ids.Length), new List<int>());
        for (var i = 0; i < Count; i++)
            (i % every == place ? heldOut : kept).AddRange(Window(i));
        return (new(Length, [.. kept]), new(Length, [.. heldOut]));
    }

    /// <summary>A range of windows, copied.</summary>
    public TokenWindows Slice(int start, int count) => new(Length, ids.AsSpan(start * Length, count * Length).ToArray());

    /// <summary>These windows followed by others of the same length.</summary>
    /// <exception cref="ArgumentException">The lengths of the windows differ.</exception>
    public TokenWindows Concat(TokenWindows others) => others.Length == Length
        ? new(Length, [.. ids, .. others.ids])
        : throw new ArgumentException($"windows of {others.Length} tokens do not follow windows of {Length}", nameof(others));
}
