using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>
/// The widest vector of doubles that the machine has: eight sums and what feeds them must stay in registers, and eight vectors of 512 bits already fill
/// all sixteen registers of a machine that holds each of them in two.
/// </summary>
internal unsafe interface IWide<T> where T : struct, IWide<T>
{
    /// <summary>Doubles in one vector.</summary>
    static abstract int Count { get; }

    static abstract T Create(double value);

    static abstract T Load(double* source);

    /// <summary>x · y + sum.</summary>
    static abstract T MultiplyAdd(T x, T y, T sum);

    static abstract T operator /(T x, T y);

    void Store(double* target);
}

/// <summary>Eight doubles.</summary>
internal readonly unsafe struct Wide512(Vector512<double> value) : IWide<Wide512>
{
    private readonly Vector512<double> value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 Create(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 Load(double* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 MultiplyAdd(Wide512 x, Wide512 y, Wide512 sum) => new(Vector512.MultiplyAddEstimate(x.value, y.value, sum.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 operator /(Wide512 x, Wide512 y) => new(x.value / y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* target) => value.Store(target);
}

/// <summary>Four doubles; two registers each where vectors have 128 bits.</summary>
internal readonly unsafe struct Wide256(Vector256<double> value) : IWide<Wide256>
{
    private readonly Vector256<double> value = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide256 Create(double value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide256 Load(double* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide256 MultiplyAdd(Wide256 x, Wide256 y, Wide256 sum) => new(Vector256.MultiplyAddEstimate(x.value, y.value, sum.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide256 operator /(Wide256 x, Wide256 y) => new(x.value / y.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* target) => value.Store(target);
}
