using System.Security.Cryptography;
using System.Text;

namespace ForgePrune.IO;

/// <summary>The hash of everything that a stored result depends on, so that a result is never reused for other inputs.</summary>
/// <param name="Hex">SHA-256 as 64 lower-case hexadecimal digits.</param>
public readonly record struct SourceHash(string Hex)
{
    /// <summary>The hash of several parts in order. Their lengths are hashed too, so ("ab", "c") differs from ("a", "bc").</summary>
    public static SourceHash Of(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return new SourceHash(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The hexadecimal digits.</summary>
    public override string ToString() => Hex;
}
