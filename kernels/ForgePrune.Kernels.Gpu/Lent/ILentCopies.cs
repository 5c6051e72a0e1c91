using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Copies from a memory of another library into that of an ILGPU device.</summary>
internal interface ILentCopies : IDisposable
{
    /// <summary>Queues a copy on the device, behind what was queued there and before what will be.</summary>
    /// <param name="from">Address in the other memory.</param>
    /// <param name="to">As many bytes of the device.</param>
    /// <exception cref="CudaRefusal">The driver refuses.</exception>
    void Copy(nint from, ArrayView<byte> to);

    /// <summary>Takes some of the other memory and fills it from the host: for a check.</summary>
    /// <exception cref="CudaRefusal">The driver refuses.</exception>
    nint Put(ReadOnlySpan<byte> bytes);

    /// <summary>Gives back what <see cref="Put"/> took.</summary>
    /// <exception cref="CudaRefusal">The driver refuses.</exception>
    void Free(nint address);
}
