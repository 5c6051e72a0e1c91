using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>Kernels that use numbers in ways that ILGPU compiles, and from which devices compute something else than .NET.</summary>
internal static class ForbiddenComparisons
{
    private const string Converts = "converts a comparison to floating point", Calculates = "calculates with a comparison",
        Compares = "compares a comparison with a number",
        Chooses = "chooses between a comparison and a number";

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void IntoDouble(Index1D i, ArrayView<double> v) => v[i] = i == 3 ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void IntoFloat(Index1D i, ArrayView<float> v) => v[i] = v[i] > 3 ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfUnsigned(Index1D i, ArrayView<double> v) => v[i] = (uint)(int)i > 3u ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfNaN(Index1D i, ArrayView<double> v) => v[i] = double.IsNaN(v[i]) ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfBoth(Index1D i, ArrayView<double> v) => v[i] = ((i > 1 ? 1 : 0) & (i < 4 ? 1 : 0)) * 1.0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfNot(Index1D i, ArrayView<double> v) => v[i] = !(i > 1) ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfPattern(Index1D i, ArrayView<double> v) => v[i] = (int)i is 1 or 3 or 7 ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void OfEither(Index1D i, ArrayView<double> v) => v[i] = (i < 2 ? i > 0 : i < 5) ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void InProduct(Index1D i, ArrayView<double> v) => v[i] = 2.5 * (i > 1 ? 1 : 0);

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void Returned(Index1D i, ArrayView<double> v) => v[i] = IsSmall(i) ? 1 : 0;

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void Passed(Index1D i, ArrayView<double> v) => v[i] = Number(i > 1);

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void Kept(Index1D i, ArrayView<double> v)
    {
        var small = i < 3;
        for (var k = 0; k < 3; k++)
            small = !small;
        v[i] = small ? 1 : 0;
    }

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void Field(Index1D i, ArrayView<double> v)
    {
        Flag flag = default;
        flag.On = i > 3;
        v[i] = flag.On ? 1 : 0;
    }

    [Breaks(Converts, OfIlgpu.ComputesOtherwise)]
    public static void ByReference(Index1D i, ArrayView<double> v)
    {
        var small = i < 3;
        v[i] = Read(ref small);
    }

    [Breaks(Calculates, OfIlgpu.ComputesOtherwise)]
    public static void Negative(Index1D i, ArrayView<double> v)
    {
        int negative = -(i > 1 ? 1 : 0);
        v[i] = negative;
    }

    [Breaks(Calculates, OfIlgpu.ComputesOtherwise)]
    public static void Complement(Index1D i, ArrayView<double> v) => v[i] = ~(i > 1 ? 1 : 0);

    [Breaks(Compares, OfIlgpu.ComputesOtherwise)]
    public static void LessThanNumber(Index1D i, ArrayView<double> v) => v[i] = (i > 1 ? 1 : 0) < i ? 5.0 : 7.0;

    [Breaks(Compares, OfIlgpu.ComputesOtherwise)]
    public static void EqualToNumber(Index1D i, ArrayView<double> v) => v[i] = (i > 1 ? 1 : 0) == 2 ? 5.0 : 7.0;

    [Breaks(Chooses, OfIlgpu.ComputesOtherwise)]
    public static void OrNumber(Index1D i, ArrayView<double> v) => v[i] = Twice(i < 2 ? 3 - i : i > 3 ? 1 : 0);

    [Breaks("calls Math.Min", OfIlgpu.ComputesOtherwise)]
    public static void LeastDouble(Index1D i, ArrayView<double> v) => v[i] = Math.Min(v[i], 1);

    [Breaks("calls Math.Max", OfIlgpu.ComputesOtherwise)]
    public static void MostDouble(Index1D i, ArrayView<double> v) => v[i] = Math.Max(1, v[i]);

    [Breaks("calls MathF.Min", OfIlgpu.ComputesOtherwise)]
    public static void LeastFloat(Index1D i, ArrayView<float> v) => v[i] = MathF.Min(v[i], 1);

    [Breaks("calls MathF.Max", OfIlgpu.ComputesOtherwise)]
    public static void MostFloat(Index1D i, ArrayView<float> v) => v[i] = MathF.Max(1, v[i]);

    [Breaks("converts an unsigned number to floating point", OfIlgpu.ComputesOtherwise)]
    public static void LargeUnsigned(Index1D i, ArrayView<double> v) => v[i] = (ulong)(long)((int)i - 2);

    private static bool IsSmall(int value) => value < 3;

    private static double Number(bool value) => value ? 1 : 0;

    private static double Twice(int value) => value * 2;

    private static double Read(ref bool value)
    {
        value = !value;
        return value ? 1 : 0;
    }

    private struct Flag
    {
        public bool On;
    }
}
