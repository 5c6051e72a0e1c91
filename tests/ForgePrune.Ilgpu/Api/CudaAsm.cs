namespace ILGPU.Runtime.Cuda;

/// <summary>
/// Inline PTX, as in ILGPU, so that kernels for tensor cores and their launchers compile unchanged. The simulation runs none: the rules refuse such a kernel
/// where it is loaded, and no simulated device says that it has tensor cores. The kept PTX of these kernels is run by an interpreter of its own.
/// </summary>
public static class CudaAsm
{
    public static void Emit(string asm) => throw NotSimulated(asm);

    public static void EmitRef<T>(
        string asm,
        ref T a0, ref T a1, ref T a2, ref T a3, ref T a4, ref T a5, ref T a6, ref T a7,
        ref T a8, ref T a9, ref T a10, ref T a11, ref T a12, ref T a13, ref T a14, ref T a15)
        where T : struct =>
        throw NotSimulated(asm);

    public static void EmitRef<T>(
        string asm,
        ref T a0, ref T a1, ref T a2, ref T a3, ref T a4, ref T a5, ref T a6, ref T a7,
        ref T a8, ref T a9, ref T a10, ref T a11, ref T a12, ref T a13, ref T a14, ref T a15,
        ref T a16, ref T a17, ref T a18, ref T a19, ref T a20, ref T a21, ref T a22, ref T a23)
        where T : struct =>
        throw NotSimulated(asm);

    private static NotSupportedException NotSimulated(string asm) => new($"The simulation runs no inline PTX: {asm}");
}

/// <summary>What inline PTX reads.</summary>
public struct Input<T> where T : struct
{
    public T Value;
}

/// <summary>What inline PTX writes.</summary>
public struct Output<T> where T : struct
{
    public T Value;
}
