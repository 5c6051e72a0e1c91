using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Copies from the primary context of a GPU, in which CUDA's runtime and with it ONNX Runtime allocates, into the context that ILGPU made on the same
/// GPU: at the speed of its memory, on ILGPU's stream.</summary>
internal sealed class PeerCopies : ILentCopies
{
    private readonly CudaDriver driver;
    private readonly int device;
    private readonly nint primary;
    private readonly CudaPlace own;
    private bool isReleased;

    private PeerCopies(CudaDriver driver, int device, nint primary, CudaPlace own) =>
        (this.driver, this.device, this.primary, this.own) = (driver, device, primary, own);

    /// <returns>Null and why there are none, as a clause.</returns>
    public static (ILentCopies? Copies, string? Fault) Open(GpuDevice device, LentMemory memory)
    {
        if (!memory.IsCuda || device.Accelerator is not CudaAccelerator cuda)
            return (null, "only a device of CUDA reads what CUDA's runtime computed");
        var (driver, fault) = CudaDriver.Installed;
        return driver is null ? (null, fault)
            : Open(driver, memory, new(cuda.DeviceId, cuda.NativePtr, ((CudaStream)cuda.DefaultStream).StreamPtr));
    }

    /// <param name="own">Where copies go.</param>
    internal static (ILentCopies? Copies, string? Fault) Open(CudaDriver driver, LentMemory memory, CudaPlace own)
    {
        try
        {
            var device = driver.Device(memory.Device);
            return device == own.Device ? (new PeerCopies(driver, device, driver.Retain(device), own), null)
                : (null, $"GPU {memory.Device} of CUDA is another one than that of the sums");
        }
        catch (CudaRefusal refusal)
        {
            return (null, refusal.Message);
        }
    }

    public void Copy(nint from, ArrayView<byte> to)
    {
        ObjectDisposedException.ThrowIf(isReleased, this);
        if (to.Length == 0)
            return;
        // The default stream is that of whichever context is current.
        using var here = driver.Enter(own.Context);
        driver.CopyPeer(to.LoadEffectiveAddressAsPtr(), own.Context, from, primary, to.Length, own.Stream);
    }

    public nint Put(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(isReleased, this);
        using var there = driver.Enter(primary);
        var address = driver.Allocate(bytes.Length);
        try
        {
            driver.Upload(address, bytes);
        }
        catch
        {
            driver.Free(address);
            throw;
        }
        return address;
    }

    public void Free(nint address)
    {
        using var there = driver.Enter(primary);
        driver.Free(address);
    }

    /// <summary>Lets the primary context go; it lives on while others hold it.</summary>
    public void Dispose()
    {
        if (isReleased)
            return;
        isReleased = true;
        driver.Release(device);
    }
}

/// <summary>Where ILGPU computes on CUDA.</summary>
/// <param name="Device">The driver's handle of the device.</param>
/// <param name="Context">The context that ILGPU made.</param>
/// <param name="Stream">The stream on which it works, 0 for the default one of the context.</param>
internal readonly record struct CudaPlace(int Device, nint Context, nint Stream);
