using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>Comparisons whose values devices and .NET use alike. Where a number may be NaN, that is asked first (<see cref="UnorderedComparisons"/>).</summary>
internal static class AllowedComparisons
{
    public static void Chosen(Index1D i, ArrayView<double> v) => v[i] = i == 3 ? 1.0 : 0.0;

    public static void Both(Index1D i, ArrayView<double> v) => v[i] = (i > 1) & (i < 4) ? 1.0 : 0.0;

    public static void BothInTurn(Index1D i, ArrayView<double> v) => v[i] = i > 1 && i < 4 ? 1.0 : 0.0;

    public static void Alike(Index1D i, ArrayView<double> v) => v[i] = (i > 1) == (i < 4) ? 5.0 : 7.0;

    public static void Different(Index1D i, ArrayView<double> v) => v[i] = (i > 1) ^ !(i < 4) ? 5.0 : 7.0;

    public static void Pattern(Index1D i, ArrayView<double> v) => v[i] = (int)i is 1 or 3 or 7 ? 1.0 : 0.0;

    public static void Turned(Index1D i, ArrayView<double> v)
    {
        var small = i < 3;
        for (var k = 0; k < 3; k++)
            small = !small;
        v[i] = small ? 1.0 : 0.0;
    }

    public static void Field(Index1D i, ArrayView<double> v)
    {
        Flag flag = default;
        flag.On = i > 3;
        Turn(ref flag.On);
        v[i] = flag.On ? 1.0 : 0.0;
    }

    public static void Sum(Index1D i, ArrayView<double> v) => v[i] = (i > 1 ? 1 : 0) + (i > 2 ? 1 : 0);

    public static void Difference(Index1D i, ArrayView<double> v) => v[i] = (i > 3 ? 1 : 0) - (i < 3 ? 1 : 0);

    public static void Product(Index1D i, ArrayView<double> v) => v[i] = (i > 1 ? 1 : 0) * (i < 4 ? 1 : 0) * 2.5;

    public static void SumWithNumber(Index1D i, ArrayView<double> v) => v[i] = i + (i > 1 ? 1 : 0);

    public static void WithBits(Index1D i, ArrayView<double> v) => v[i] = ((i > 1 ? 1 : 0) & i) + (((i > 1 ? 1 : 0) | (int)i) << 3);

    public static void Switched(Index1D i, ArrayView<double> v) => v[i] = (i > 1 ? 1 : 0) switch { 0 => 5.0, 1 => 7.0, _ => 9.0 };

    public static void Larger(Index1D i, ArrayView<double> v) => v[i] = System.Math.Max(i > 1 ? 1 : 0, i > 2 ? 2 : -1);

    public static void Kept(Index1D i, ArrayView<double> v)
    {
        var one = i == 3 ? 1 : 0;
        for (var k = 0; k < 3; k++)
            one += one;
        v[i] = one;
    }

    public static void Returned(Index1D i, ArrayView<double> v) => v[i] = One(i);

    public static void Passed(Index1D i, ArrayView<double> v) => v[i] = Twice(i > 1 ? 1 : 0);

    public static void IntoIntegers(Index1D i, ArrayView<long> v, ArrayView<byte> bytes, ArrayView<ushort> shorts)
    {
        bytes[i] = (byte)(i > 3 ? 1 : 0);
        shorts[i] = (ushort)(i < 3 ? 1 : 0);
        v[i] = i > 5 ? 1 : 0;
    }

    public static void IntoFields(Index1D i, ArrayView<double> v)
    {
        Pair pair = default;
        pair.A = i > 3 ? 1 : 0;
        v[i] = new Pair(i > 2 ? 1 : 0, 2).A + pair.A * 10;
    }

    public static void AfterNaN(Index1D i, ArrayView<double> v)
    {
        var value = v[i];
        if (double.IsNaN(value) || value <= 1)
            value = 7;
        v[i] = value;
    }

    private static int One(int value) => value < 3 ? 1 : 0;

    private static double Twice(int value) => value * 2;

    private static void Turn(ref bool value) => value = !value;

    private struct Pair(int a, int b)
    {
        public int A = a, B = b;
    }

    private struct Flag
    {
        public bool On;
    }
}
