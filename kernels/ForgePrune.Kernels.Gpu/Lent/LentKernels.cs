using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What makes activations of other libraries into those of our sums. Numbers are widened by their bits: nothing is rounded, and no device's way with
/// denormals shows.</summary>
internal static class LentKernels
{
    /// <summary>One lane for each number: half precision becomes the bits of float32. NaN becomes a quiet one, as in .NET.</summary>
    public static void WidenHalf(Index1D element, ArrayView<ushort> source, ArrayView<int> target)
    {
        const int exponentBits = 5, fractionBits = 10, exponentMask = 0x7C00, fractionMask = 0x03FF;
        const int wider = 23 - fractionBits, infinity = 0x7F800000, quiet = 0x00400000;
        // Exponents are off by 15 in half precision and by 127 in float32.
        const int rebias = (127 - ((1 << (exponentBits - 1)) - 1)) << 23;
        int bits = source[element];
        int exponent = bits & exponentMask, fraction = bits & fractionMask;
        var magnitude = ((bits & (exponentMask | fractionMask)) << wider) + rebias;
        if (exponent == exponentMask)
            magnitude = fraction != 0 ? infinity | quiet | fraction << wider : infinity;
        else if (exponent == 0)
            // Fraction times 2⁻²⁴: a whole number below 2¹⁰, which float32 holds, with 24 taken from its exponent.
            magnitude = fraction != 0 ? BitConverter.SingleToInt32Bits(fraction) - (24 << 23) : 0;
        target[element] = (bits & 0x8000) << 16 | magnitude;
    }

    /// <summary>One lane for each number: bfloat16 becomes the bits of float32, whose upper half it is.</summary>
    public static void WidenBrain(Index1D element, ArrayView<ushort> source, ArrayView<int> target) => target[element] = source[element] << 16;

    /// <summary>One lane for each column: its elements in the first count rows of X are added to its sum, row after row.</summary>
    public static void ColumnSums(Index1D col, ArrayView<float> x, int count, int cols, ArrayView<double> sums)
    {
        var sum = sums[col];
        for (var row = 0; row < count; row++)
            sum += x[(long)row * cols + col];
        sums[col] = sum;
    }
}
