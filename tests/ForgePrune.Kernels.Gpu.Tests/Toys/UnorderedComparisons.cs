using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>
/// Where C# compiles a comparison the other way round, "not less" for "greater or equal, or not a number", the OpenCL that ILGPU writes forgets the latter: NaN
/// takes the wrong
/// branch. Its PTX is right. Every branch of C# may be compiled so, so that no rule can forbid it; a kernel that may meet NaN asks double.IsNaN first.
/// </summary>
internal static class UnorderedComparisons
{
    public static void NotGreater(Index1D i, ArrayView<double> v) => v[i] = !(v[i] > 1) ? 1.0 : 2.0;

    public static void InBranch(Index1D i, ArrayView<double> v)
    {
        var value = v[i];
        if (value < 1)
            value = 7;
        v[i] = value;
    }
}
