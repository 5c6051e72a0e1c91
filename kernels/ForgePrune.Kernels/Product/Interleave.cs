using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ForgePrune.Kernels;

/// <summary>The two copies that packing consists of, for float and double.</summary>
internal static unsafe class Interleave
{
    /// <summary>target[d · step] = first[d] and target[d · step + 1] = second[d]: a vector of each lane is loaded, and their elements leave in pairs.</summary>
    public static void Pairs<T>(T* first, T* second, int depth, T* target, nint step) where T : unmanaged
    {
        var d = 0;
        if (Sse2.IsSupported && typeof(T) == typeof(double))
            for (; d <= depth - 2; d += 2, target += 2 * step)
            {
                Vector128<double> x = Vector128.Load((double*)first + d), y = Vector128.Load((double*)second + d);
                Sse2.UnpackLow(x, y).Store((double*)target);
                Sse2.UnpackHigh(x, y).Store((double*)(target + step));
            }
        else if (Sse.IsSupported && typeof(T) == typeof(float))
            for (; d <= depth - 4; d += 4, target += 4 * step)
            {
                Vector128<float> x = Vector128.Load((float*)first + d), y = Vector128.Load((float*)second + d);
                Vector128<float> low = Sse.UnpackLow(x, y), high = Sse.UnpackHigh(x, y);
                Sse.StoreLow((float*)target, low);
                Sse.StoreHigh((float*)(target + step), low);
                Sse.StoreLow((float*)(target + 2 * step), high);
                Sse.StoreHigh((float*)(target + 3 * step), high);
            }
        for (; d < depth; d++, target += step)
            (target[0], target[1]) = (first[d], second[d]);
    }

    /// <summary>Copies depth rows of <paramref name="width"/> elements, at least 16 bytes, to where they lie one after the other.</summary>
    public static void Rows<T>(T* source, nint step, int depth, T* target, int width) where T : unmanaged
    {
        // The last vector of a row overlaps the one before it where the width is no multiple of 16 bytes: cheaper than a call for each row.
        nint bytes = width * sizeof(T), last = bytes - Vector128<byte>.Count;
        byte* from = (byte*)source, to = (byte*)target;
        for (var d = 0; d < depth; d++, from += step * sizeof(T), to += bytes)
        {
            for (nint offset = 0; offset < last; offset += Vector128<byte>.Count)
                Vector128.Load(from + offset).Store(to + offset);
            Vector128.Load(from + last).Store(to + last);
        }
    }
}
