using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>One way to compute the inner loops that all operations here stand on: vectors of one width. See <see cref="Implementations"/>.</summary>
public abstract unsafe class Implementation
{
    private protected Implementation(string name, string needs, bool isSupported) => (Name, Needs, IsSupported) = (name, needs, isSupported);

    /// <summary>The name that users type and manifests record.</summary>
    public string Name { get; }

    /// <summary>What the machine must have, in words.</summary>
    public string Needs { get; }

    /// <summary>Whether this machine has it; instruction sets that were switched off count as missing.</summary>
    public bool IsSupported { get; }

    /// <summary>The <see cref="Name"/>.</summary>
    public override string ToString() => Name;

    /// <summary><see cref="PackedProduct"/> with this implementation's micro-kernel.</summary>
    internal abstract void Product<T, TTarget>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T>;

    /// <summary><see cref="RightSolve"/>'s substitution with this implementation's vectors.</summary>
    internal abstract void Substitute(double* x, int j, double* factors, nint step, int from, int end, double pivot);
}

/// <summary>512-bit vectors with 32 registers.</summary>
internal sealed unsafe class WideImplementation(string name, string needs, bool isSupported) : Implementation(name, needs, isSupported)
{
    internal override void Product<T, TTarget>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads) =>
        PackedProduct.Run<T, TTarget, MicroKernel512<T>>(m, n, k, a, b, target, lower, threads);

    internal override void Substitute(double* x, int j, double* factors, nint step, int from, int end, double pivot) =>
        RightSolve.Substitute<Wide512>(x, j, factors, step, from, end, pivot);
}

/// <summary>Vectors as wide as <see cref="Vector{T}"/> is here, with 16 registers.</summary>
internal sealed unsafe class PortableImplementation(string name, string needs, bool isSupported) : Implementation(name, needs, isSupported)
{
    internal override void Product<T, TTarget>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads) =>
        PackedProduct.Run<T, TTarget, MicroKernelPortable<T>>(m, n, k, a, b, target, lower, threads);

    internal override void Substitute(double* x, int j, double* factors, nint step, int from, int end, double pivot) =>
        RightSolve.Substitute<Wide256>(x, j, factors, step, from, end, pivot);
}
