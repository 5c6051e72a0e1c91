using System.Runtime.InteropServices;
using ForgePrune.Errors;

namespace ForgePrune.Onnx.Providers;

/// <summary>Sets memory of a GPU, by CUDA's runtime: ONNX Runtime allocates it and has no call for that which C# reaches.</summary>
internal static unsafe class CudaMemory
{
    /// <summary>Zeros, and waits for them.</summary>
    /// <param name="bytes">In the memory of a GPU: only its address is used here.</param>
    public static void Clear(Span<byte> bytes)
    {
        fixed (byte* address = bytes)
        {
            Call("cudaMemset", ((delegate* unmanaged<void*, int, nuint, int>)Of("cudaMemset"))(address, 0, (nuint)bytes.Length));
            Call("cudaDeviceSynchronize", ((delegate* unmanaged<int>)Of("cudaDeviceSynchronize"))());
        }
    }

    /// <summary>Copies from the host, and waits.</summary>
    /// <param name="to">In the memory of a GPU: only its address is used here.</param>
    public static void Copy(Span<byte> to, ReadOnlySpan<byte> from)
    {
        const int hostToDevice = 1;
        fixed (byte* target = to, source = from)
        {
            Call("cudaMemcpy", ((delegate* unmanaged<void*, void*, nuint, int, int>)Of("cudaMemcpy"))(target, source, (nuint)from.Length, hostToDevice));
            // Of memory that is not pinned, the call returns when it has been staged.
            Call("cudaDeviceSynchronize", ((delegate* unmanaged<int>)Of("cudaDeviceSynchronize"))());
        }
    }

    /// <summary>Bytes of a GPU that nobody has taken.</summary>
    public static long Free(int index)
    {
        nuint free = 0, all = 0;
        Call("cudaSetDevice", ((delegate* unmanaged<int, int>)Of("cudaSetDevice"))(index));
        Call("cudaMemGetInfo", ((delegate* unmanaged<nuint*, nuint*, int>)Of("cudaMemGetInfo"))(&free, &all));
        return (long)free;
    }

    private static nint Of(string function) => NativeLibrary.GetExport(CudaProvider.Runtime, function);

    private static void Call(string function, int error)
    {
        if (error != 0)
            throw new BrokenEnvironmentException($"CUDA's {function} fails with error {error}; look what nvidia-smi says of the GPU");
    }
}
