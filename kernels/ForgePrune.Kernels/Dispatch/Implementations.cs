using System.Numerics;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>
/// The ordered table of implementations. The first that the machine supports runs, unless the environment variable <see cref="Variable"/> names
/// another when the process starts. Results of two implementations differ in last bits: vectors of different width add in different orders.
/// </summary>
public static class Implementations
{
    /// <summary>Forces an implementation by name, for comparisons and for finding faults.</summary>
    public const string Variable = "FORGEPRUNE_FORCE";

    private static readonly Lazy<Implementation> _current = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>Best first. The last one is supported by every machine whose <see cref="Vector{T}"/> is not wider.</summary>
    public static IReadOnlyList<Implementation> All { get; } =
    [
        new WideImplementation("avx512", "512-bit vectors (AVX-512)", Vector512.IsHardwareAccelerated),
        new PortableImplementation("vector256", "256-bit vectors (AVX2)", Vector<byte>.Count == 32),
        new PortableImplementation("vector128", "vectors of 128 bits and no wider ones (SSE2, NEON, or none)", Vector<byte>.Count == 16),
    ];

    /// <summary>What runs in this process.</summary>
    /// <exception cref="UnknownImplementationException">The variable names none, or one that this machine does not support.</exception>
    public static Implementation Current => _current.Value;

    /// <param name="forced">A name of the table; null or empty: the best that is supported.</param>
    /// <exception cref="UnknownImplementationException"/>
    public static Implementation Choose(string? forced)
    {
        var supported = All.Where(one => one.IsSupported).ToList();
        if (string.IsNullOrEmpty(forced))
            return supported[0];
        return supported.Find(one => one.Name == forced)
            ?? throw new UnknownImplementationException(forced, All.FirstOrDefault(one => one.Name == forced)?.Needs, supported.Select(one => one.Name));
    }
}

/// <summary>A forced implementation is not in the table, or its machine is another one.</summary>
public sealed class UnknownImplementationException(string name, string? needs, IEnumerable<string> supported) : Exception(
    $"{Implementations.Variable} is '{name}', which " + (needs is null ? "names no implementation" : $"needs {needs}")
    + $"; this machine runs {string.Join(", ", supported)}; take one of these, or leave the variable out.");
