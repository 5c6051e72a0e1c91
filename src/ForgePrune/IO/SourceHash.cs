using System.Security.Cryptography;
using System.Text;

namespace ForgePrune.IO;

/// <summary>What a stored result was made from: SHA-256, 64 lower-case hex digits. Equal sources and settings, equal results.</summary>
public readonly record struct SourceHash(string Hex)
{
    /// <summary>The hash of the parts in order; lengths are hashed too, so that ("ab", "c") differs from ("a", "bc").</summary>
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

    public override string ToString() => Hex;
}
