using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Runs a toy kernel, whatever its views hold, on numbers of every kind.</summary>
internal static class ToyLaunch
{
    /// <summary>Where NaN stands among the numbers.</summary>
    public const int NaN = 4;

    private const int Length = 8;

    /// <returns>What the toy leaves in each of its views.</returns>
    public static double[][] Run(Accelerator accelerator, MethodInfo toy) => toy.GetParameters().Select(parameter => parameter.ParameterType).ToArray() switch
    {
        [var index, var of] when index == typeof(Index1D) && of == typeof(ArrayView<double>) =>
            Each<double>(accelerator, toy, [0, 1, 2.25, -3.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-3]),
        [var index, var of] when index == typeof(Index1D) && of == typeof(ArrayView<float>) =>
            Each<float>(accelerator, toy, [0, 1, 2.25f, -3.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-3f]),
        [var index, var of] when index == typeof(Index1D) && of == typeof(ArrayView<long>) =>
            Each<long>(accelerator, toy, [0, 1, -2, 3, long.MaxValue, -5, 1L << 40, 7]),
        [_, _, _, _] => WithBytes(accelerator, toy),
        [_] => Groups(accelerator, toy),
        _ => throw new NotSupportedException($"No launch is known for {toy}."),
    };

    private static double[][] Each<T>(Accelerator accelerator, MethodInfo toy, T[] values) where T : unmanaged
    {
        using var data = On(accelerator, values);
        accelerator.LoadAutoGroupedStreamKernel(toy.CreateDelegate<Action<Index1D, ArrayView<T>>>())(Length, data.View);
        return [Down(data)];
    }

    private static double[][] WithBytes(Accelerator accelerator, MethodInfo toy)
    {
        using var data = On(accelerator, new long[Length]);
        using var bytes = On(accelerator, new byte[Length]);
        using var shorts = On(accelerator, new ushort[Length]);
        accelerator.LoadAutoGroupedStreamKernel(toy.CreateDelegate<Action<Index1D, ArrayView<long>, ArrayView<byte>, ArrayView<ushort>>>())(Length, data.View,
            bytes.View, shorts.View);
        return [Down(data), Down(bytes), Down(shorts)];
    }

    private static double[][] Groups(Accelerator accelerator, MethodInfo toy)
    {
        using var data = On(accelerator, Enumerable.Range(0, Length).Select(i => i * 0.5).ToArray());
        accelerator.LoadStreamKernel(toy.CreateDelegate<Action<ArrayView<double>>>())(new KernelConfig(Length / 4, 4), data.View);
        return [Down(data)];
    }

    private static MemoryBuffer1D<T, Stride1D.Dense> On<T>(Accelerator accelerator, T[] values) where T : unmanaged => accelerator.Allocate1D(values);

    private static double[] Down<T>(MemoryBuffer1D<T, Stride1D.Dense> buffer) where T : unmanaged =>
        Array.ConvertAll(buffer.GetAsArray1D(), value => Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
}
