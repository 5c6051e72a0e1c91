using System.Numerics;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>
/// The ordered table of implementations. The first that the machine supports runs, unless the environment variable <see cref="Variable"/> names
/// another when the process starts. Results of two implementations differ in last bits: vectors of different width add in different orders.
/// </summary>
public static class Implementations
{
    /// <summary>The environment variable that forces an implementation by name, for comparisons and for finding faults.</summary>
    public const string Variable = "FORGEPRUNE_FORCE";

    private static readonly Lazy<Implementation> Chosen = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>All implementations, best first. Every machine whose <see cref="Vector{T}"/> is not wider supports the last one.</summary>
    public static IReadOnlyList<Implementation> All { get; } =
    [
        new WideImplementation("avx512", "512-bit vectors (AVX-512)", Vector512.IsHardwareAccelerated),
        new PortableImplementation("vector256", "256-bit vectors (AVX2)", Vector<byte>.Count == 32),
        new PortableImplementation("vector128", "vectors of 128 bits and no wider ones (SSE2, NEON, or none)", Vector<byte>.Count == 16),
    ];

    /// <summary>The implementation that runs in this process.</summary>
    /// <exception cref="UnknownImplementationException">The variable names none, or one that this machine does not support.</exception>
    public static Implementation Current => Chosen.Value;

    /// <summary>Finds an implementation by name.</summary>
    /// <param name="forced">A name of the table; null or empty: the best that is supported.</param>
    /// <exception cref="UnknownImplementationException">The name is not in the table, or this machine does not support it.</exception>
    public static Implementation Choose(string? forced)
    {
        var supported = All.Where(one => one.IsSupported).ToList();
        if (string.IsNullOrEmpty(forced))
            return supported[0];
        return supported.Find(one => one.Name == forced)
            ?? throw new UnknownImplementationException(forced, All.FirstOrDefault(one => one.Name == forced)?.Needs, supported.Select(one => one.Name));
    }
}

/// <summary>The error of a forced implementation that is not in the table, or not one of this machine.</summary>
/// <param name="name">The name that was forced.</param>
/// <param name="needs">What that implementation needs; null where there is none of the name.</param>
/// <param name="supported">Names of those that this machine supports.</param>
public sealed class UnknownImplementationException(string name, string? needs, IEnumerable<string> supported) : Exception(
    $"{Implementations.Variable} is '{name}', which " + (needs is null ? "names no implementation" : $"needs {needs}")
    + $"; this machine runs {string.Join(", ", supported)}; take one of these, or leave the variable out.");
