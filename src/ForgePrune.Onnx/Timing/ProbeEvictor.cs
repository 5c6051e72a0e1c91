using ForgePrune.Model;
using ForgePrune.Onnx.Providers;

namespace ForgePrune.Onnx.Timing;

/// <summary>Brings between two calls of a probe what the whole model would bring into the caches, on the processor or on the device that it runs on.</summary>
internal sealed class ProbeEvictor : IDisposable
{
    private readonly long[] absent;
    private readonly CacheEvictor? host;
    private readonly DeviceEvictor? device;

    /// <param name="memory">Where the probes compute.</param>
    public ProbeEvictor(ModelConfig config, LatencyProbe[] probes, ServedAs served, ProviderMemory memory)
    {
        // Probes are counted in float32.
        absent = [.. probes.Select(probe => probe.Absent(config) * served.Width / sizeof(float))];
        if (memory.IsDevice)
            device = new DeviceEvictor(memory, absent.Max());
        else
            host = new CacheEvictor(absent.Max());
    }

    /// <summary>Done before a call of one probe.</summary>
    public void Touch(int probe)
    {
        host?.Touch(absent[probe]);
        device?.Touch(absent[probe]);
    }

    public void Dispose() => device?.Dispose();
}
