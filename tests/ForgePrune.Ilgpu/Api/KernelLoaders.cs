using ForgePrune.Ilgpu;

namespace ILGPU.Runtime;

/// <summary>Makes launchers of kernels, as in ILGPU; a kernel that breaks the rules for kernels is refused here.</summary>
public static class KernelLoaders
{
    public static Action<KernelConfig, T1> LoadStreamKernel<T1>(this Accelerator accelerator, Action<T1> kernel) where T1 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1) => loaded.Launch(config.Groups, config.Lanes, () => run(a1));
    }

    public static Action<KernelConfig, T1, T2> LoadStreamKernel<T1, T2>(this Accelerator accelerator, Action<T1, T2> kernel) where T1 : struct where T2 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2));
    }

    public static Action<KernelConfig, T1, T2, T3> LoadStreamKernel<T1, T2, T3>(this Accelerator accelerator, Action<T1, T2, T3> kernel) where T1 : struct where T2 : struct where T3 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3));
    }

    public static Action<KernelConfig, T1, T2, T3, T4> LoadStreamKernel<T1, T2, T3, T4>(this Accelerator accelerator, Action<T1, T2, T3, T4> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5> LoadStreamKernel<T1, T2, T3, T4, T5>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6> LoadStreamKernel<T1, T2, T3, T4, T5, T6>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14));
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> kernel) where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct where T15 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15) => loaded.Launch(config.Groups, config.Lanes, () => run(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15));
    }

    public static Action<Index1D> LoadAutoGroupedStreamKernel<TIndex>(this Accelerator accelerator, Action<Index1D> kernel) where TIndex : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return count => loaded.LaunchEach(count, index => run(index));
    }

    public static Action<Index1D, T1> LoadAutoGroupedStreamKernel<TIndex, T1>(this Accelerator accelerator, Action<Index1D, T1> kernel) where TIndex : struct where T1 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1) => loaded.LaunchEach(count, index => run(index, a1));
    }

    public static Action<Index1D, T1, T2> LoadAutoGroupedStreamKernel<TIndex, T1, T2>(this Accelerator accelerator, Action<Index1D, T1, T2> kernel) where TIndex : struct where T1 : struct where T2 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2) => loaded.LaunchEach(count, index => run(index, a1, a2));
    }

    public static Action<Index1D, T1, T2, T3> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3>(this Accelerator accelerator, Action<Index1D, T1, T2, T3> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3) => loaded.LaunchEach(count, index => run(index, a1, a2, a3));
    }

    public static Action<Index1D, T1, T2, T3, T4> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13));
    }

    public static Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(this Accelerator accelerator, Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel) where TIndex : struct where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct
    {
        var (loaded, run) = LoadedKernel.Load(accelerator, kernel);
        return (count, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) => loaded.LaunchEach(count, index => run(index, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14));
    }
}
