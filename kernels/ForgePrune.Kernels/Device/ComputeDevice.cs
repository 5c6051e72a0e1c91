namespace ForgePrune.Kernels;

/// <summary>A device as a value that settings can hold: what computes Grams, levels and refits once a run opens it.</summary>
public abstract class ComputeDevice
{
    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu { get; } = new Processor();

    /// <summary>The device as users name it, such as <c>cpu</c> or <c>cuda:1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Opens the device.</summary>
    /// <param name="threads">Threads of the processor, at least 1: for what it computes itself and for the work around a GPU.</param>
    /// <exception cref="DeviceUnavailableException">This machine has no such device, or it cannot be used.</exception>
    public abstract OpenedDevice Open(int threads);

    /// <summary>The name.</summary>
    public sealed override string ToString() => Name;

    private sealed class Processor : ComputeDevice
    {
        public override string Name => "cpu";

        public override OpenedDevice Open(int threads) => new(new CpuDevice(threads));
    }
}

/// <summary>An open device, with everything that closes with it.</summary>
/// <param name="compute">What computes.</param>
/// <param name="held">Closed with this object, in this order.</param>
public sealed class OpenedDevice(IPruningDevice compute, params IReadOnlyList<IDisposable> held) : IDisposable
{
    /// <summary>What computes.</summary>
    public IPruningDevice Compute { get; } = compute;

    /// <summary>What users should know of the way in which it computes, each a sentence without its point; empty for nothing.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Closes the device.</summary>
    public void Dispose()
    {
        foreach (var one in held)
            one.Dispose();
    }
}

/// <summary>This machine lacks a device that was asked for, or cannot use it. The message is one sentence a user can act on.</summary>
/// <param name="message">The sentence.</param>
/// <param name="inner">What the driver said; null for nothing.</param>
public abstract class DeviceUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
