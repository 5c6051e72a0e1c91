using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>Kernels that between them use every call that the rules allow, and the instructions that are not in every kernel.</summary>
internal static class AllowedKernels
{
    private static readonly double Fixed = 3;

    public static void MathOfDoubles(Index1D i, ArrayView<double> v) =>
        v[i] = Math.Abs(v[i]) + Math.Sqrt(v[i]) + Math.Floor(v[i]) + Math.Ceiling(v[i]) + Math.CopySign(v[i], -1);

    public static void MathOfFloats(Index1D i, ArrayView<float> v) =>
        v[i] = MathF.Abs(v[i]) + MathF.Sqrt(v[i]) + MathF.Floor(v[i]) + MathF.Ceiling(v[i]) + MathF.CopySign(v[i], -1);

    public static void Signs(Index1D i, ArrayView<double> v) => v[i] = Math.CopySign(2, v[i]);

    public static void Roots(Index1D i, ArrayView<double> v) => v[i] = Math.Sqrt(v[i]);

    public static void MathOfIntegers(Index1D i, ArrayView<long> v) =>
        v[i] = Math.Abs((int)i) + Math.Min(i, 3) + Math.Max(i, 3) + Math.Abs(v[i]) + Math.Max(v[i], 4L);

    public static void Kinds(Index1D i, ArrayView<double> v)
    {
        var x = v[i];
        var f = (float)x;
        var finite = double.IsFinite(x) && float.IsFinite(f) && !double.IsNegative(x) && !float.IsNegative(f);
        var infinite = double.IsInfinity(x) || float.IsInfinity(f) || double.IsPositiveInfinity(x) || double.IsNegativeInfinity(x)
            || float.IsPositiveInfinity(f) || float.IsNegativeInfinity(f);
        v[i] = double.IsNaN(x) || float.IsNaN(f) ? 0 : finite ? 1 : infinite ? 2 : 3;
    }

    public static void Bits(Index1D i, ArrayView<double> v) =>
        v[i] = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(v[i]) ^ BitConverter.SingleToInt32Bits((float)v[i]));

    public static void Integers(Index1D i, ArrayView<long> v, ArrayView<byte> bytes, ArrayView<ushort> shorts)
    {
        int a = i;
        var u = (uint)(a + 3);
        bytes[i] = (byte)(a % 7);
        shorts[i] = (ushort)(a << 3 >> 1);
        v[i] = (a / 3 & ~a | a ^ 5) + (u / 3) + (u % 5) + (u >> 2) + (sbyte)bytes[i] + (short)shorts[i] + (long)(float)a - -a + sizeof(double);
    }

    public static void Quotients(Index1D i, ArrayView<double> v)
    {
        int a = i - 4;
        v[i] = a / 3 * 100 + a % 3 + (a >> 1) * 1e4 + (long)((uint)a / 3u) + (long)((uint)a % 7u);
    }

    public static void Narrow(Index1D i, ArrayView<double> v)
    {
        int a = i;
        v[i] = (sbyte)(a * 50) + (byte)(a * 50) * 1e3 + (short)(a * 9000) * 1e6 + (ushort)(a * 9000) * 1e12;
    }

    public static void OfFloatingPoint(Index1D i, ArrayView<double> v) =>
        v[i] = (int)(i * 0.4 - 1.7) + (long)(i * -0.7) + (long)(uint)(i * 0.9) + (byte)(i * 1.3);

    public static void Branches(Index1D i, ArrayView<double> v) =>
        v[i] = (int)i switch { 0 => 1, 1 => 5, 2 => 7, 3 => 1, 4 => 9, _ => Fixed } + ((int)i is 1 or 3 or 7 ? 1.0 : 0.0);

    public static void References(Index1D i, ArrayView<double> v)
    {
        ref var here = ref v[i];
        Raise(ref here);
        var pair = new Pair(here, 1);
        v.SubView(i, 1)[0] = pair.Sum();
    }

    public static void Groups(ArrayView<double> v)
    {
        var shared = SharedMemory.Allocate<double>(64);
        shared[Group.IdxX] = v[Grid.IdxX * Group.DimX + Group.IdxX];
        Group.Barrier();
        var pairs = shared.Cast<Pair>();
        v[Grid.IdxX * Group.DimX + Group.IdxX] = pairs[Group.IdxX / 2].Sum() / Grid.DimX + v.IntLength + v.Length;
    }

    private static void Raise(ref double value) => value += 1;

    private struct Pair(double a, double b)
    {
        public double A = a, B = b;

        public readonly double Sum() => A + B;
    }
}
