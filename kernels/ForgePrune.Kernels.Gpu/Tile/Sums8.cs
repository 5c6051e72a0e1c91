using System.Runtime.CompilerServices;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Eight neighboring sums of one row of a tile; inlined, they stay in registers.</summary>
internal struct Sums8
{
    public float S0, S1, S2, S3, S4, S5, S6, S7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Sums8 sums, float x, Float4 low, Float4 high)
    {
        sums.S0 += x * low.X;
        sums.S1 += x * low.Y;
        sums.S2 += x * low.Z;
        sums.S3 += x * low.W;
        sums.S4 += x * high.X;
        sums.S5 += x * high.Y;
        sums.S6 += x * high.Z;
        sums.S7 += x * high.W;
    }
}
