using System.Numerics;
using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>Kernels that each break one rule.</summary>
internal static class ForbiddenKernels
{
    private static double s_changes = 2;
    private static readonly double[] Table = [1, 2];

    [Breaks("calls Math.Clamp")]
    public static void Clamp(Index1D i, ArrayView<double> v) => v[i] = Math.Clamp(v[i], 0, 1);

    [Breaks("calls Math.Sign")]
    public static void Sign(Index1D i, ArrayView<double> v) => v[i] = Math.Sign(v[i]);

    [Breaks("calls Math.Exp")]
    public static void Exp(Index1D i, ArrayView<double> v) => v[i] = Math.Exp(v[i]);

    [Breaks("calls Math.FusedMultiplyAdd", OfIlgpu.LeavesACallToNothing)]
    public static void FusedDouble(Index1D i, ArrayView<double> v) => v[i] = Math.FusedMultiplyAdd(v[i], 2, 1);

    [Breaks("calls MathF.FusedMultiplyAdd", OfIlgpu.LeavesACallToNothing)]
    public static void FusedFloat(Index1D i, ArrayView<double> v) => v[i] = MathF.FusedMultiplyAdd((float)v[i], 2, 1);

    [Breaks("calls Math.Log2", OfIlgpu.LeavesACallToNothing)]
    public static void Log2(Index1D i, ArrayView<double> v) => v[i] = Math.Log2(v[i]);

    [Breaks("calls Math.Truncate", OfIlgpu.LeavesACallToNothing)]
    public static void Truncate(Index1D i, ArrayView<double> v) => v[i] = Math.Truncate(v[i]);

    [Breaks("calls BitConverter.SingleToUInt32Bits")]
    public static void Bits(Index1D i, ArrayView<double> v) => v[i] = BitConverter.SingleToUInt32Bits((float)v[i]);

    [Breaks("calls Half.op_Explicit")]
    public static void HalfNumber(Index1D i, ArrayView<double> v) => v[i] = (double)(System.Half)v[i];

    [Breaks("uses stackalloc")]
    public static void StackSpan(Index1D i, ArrayView<double> v)
    {
        Span<double> two = stackalloc double[2];
        v[i] = two[0];
    }

    [Breaks("throws")]
    public static void Throws(Index1D i, ArrayView<double> v)
    {
        if (i == 3)
            throw new InvalidOperationException();
        v[i] = 1;
    }

    [Breaks("has a try block")]
    public static void Try(Index1D i, ArrayView<double> v)
    {
        try
        {
            v[i] = 1;
        }
        finally
        {
            v[i] = 2;
        }
    }

    [Breaks("uses a string")]
    public static void Text(Index1D i, ArrayView<double> v) => v[i] = "ab".Length;

    [Breaks("reads the static field ForbiddenKernels.s_changes")]
    public static void StaticThatChanges(Index1D i, ArrayView<double> v) => v[i] = s_changes;

    [Breaks("reads the static field ForbiddenKernels.Table")]
    public static void StaticArray(Index1D i, ArrayView<double> v) => v[i] = Table[1];

    [Breaks("boxes a value")]
    public static void Boxes(Index1D i, ArrayView<double> v)
    {
        object box = v[i];
        v[i] = (double)box;
    }

    [Breaks("makes an object of Exception")]
    public static void MakesAnObject(Index1D i, ArrayView<double> v) => v[i] = new Exception().HResult;

    [Breaks("makes a delegate")]
    public static void Delegate(Index1D i, ArrayView<double> v)
    {
        double shift = i;
        Func<double, double> shifted = x => x + shift;
        v[i] = shifted(v[i]);
    }

    [Breaks("calls Vector3..ctor")]
    public static void Vectors(Index1D i, ArrayView<double> v) => v[i] = new Vector3(1, 2, 3).X;

    [Breaks("calls decimal")]
    public static void DecimalNumber(Index1D i, ArrayView<double> v) => v[i] = (double)((decimal)v[i] + 1);

    [Breaks("makes an array", OfIlgpu.Accepts)]
    public static void OwnArray(Index1D i, ArrayView<double> v)
    {
        var four = new double[4];
        four[1] = 2;
        v[i] = four[1];
    }

    [Breaks("is checked for overflow", OfIlgpu.Accepts)]
    public static void Checked(Index1D i, ArrayView<double> v)
    {
        int index = i;
        v[i] = checked(index * 3);
    }

    [Breaks("calls itself", OfIlgpu.Accepts)]
    public static void Recursion(Index1D i, ArrayView<double> v) => v[i] = Factorial(3);

    [Breaks("calls Math.Exp")]
    public static void FurtherDown(Index1D i, ArrayView<double> v) => v[i] = Grow(v[i]);

    private static double Factorial(int n) => n <= 0 ? 1 : n * Factorial(n - 1);

    private static double Grow(double value) => Math.Exp(value);

    /// <summary>So that the field is not read only.</summary>
    public static void Change() => s_changes++;
}
