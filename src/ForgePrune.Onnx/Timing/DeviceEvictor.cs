using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Timing;

/// <summary>What <see cref="CacheEvictor"/> is to a processor, for a GPU: memory that is written between two timed calls of a probe. Writing fills the chip's
/// cache as reading does, and needs no kernel of ours.</summary>
internal sealed class DeviceEvictor(ProviderMemory memory, long most) : IDisposable
{
    private readonly OrtValue bytes = memory.Zeros(TensorElementType.UInt8, Math.Max(1, most));

    /// <summary>Writes the first so many bytes, and waits.</summary>
    public void Touch(long length)
    {
        if (length > 0)
            memory.Clear(bytes, length);
    }

    public void Dispose() => bytes.Dispose();
}
