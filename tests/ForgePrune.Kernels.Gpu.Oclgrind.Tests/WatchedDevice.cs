namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>A device of Oclgrind, and the log in which it tells what it finds there.</summary>
internal sealed class WatchedDevice(GpuDevice device, string log) : IDisposable
{
    private long read;

    public GpuDevice Device => device;

    /// <summary>What came to the log since it was read last; empty where all is well.</summary>
    public string NewText()
    {
        device.Accelerator.Synchronize();
        using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = read;
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        read = stream.Position;
        return text;
    }

    public IReadOnlyList<Finding> Findings() => Finding.Parse(NewText());

    public void Dispose() => device.Dispose();
}
