using System.Buffers.Binary;
using System.Security.Cryptography;

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
    /// <param name="every">At least 2. With fewer windows than this nothing may be held out.</param>
    /// <param name="seed">Which one of each run of that many: the last for 0, the first for 1, and so on. Not negative.</param>
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

    public TokenWindows Slice(int start, int count) => new(Length, ids.AsSpan(start * Length, count * Length).ToArray());

    /// <summary>These windows, then the others, which are equally long.</summary>
    public TokenWindows Concat(TokenWindows others) => others.Length == Length
        ? new(Length, [.. ids, .. others.ids])
        : throw new ArgumentException($"windows of {others.Length} tokens do not follow windows of {Length}", nameof(others));
}
