using System.Security.Cryptography;
using System.Text;

namespace ForgePrune.Kernels.Gpu;

/// <summary>The sources that decide what is exported; they lie in the assembly, so that an export can name its origin and be told from a stale one.</summary>
internal static class KernelSources
{
    /// <summary>SHA-256 over all of them, with Unix line ends, in the order of their names.</summary>
    public static string Hash()
    {
        var assembly = typeof(KernelSources).Assembly;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cs", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n" + reader.ReadToEnd().ReplaceLineEndings("\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
