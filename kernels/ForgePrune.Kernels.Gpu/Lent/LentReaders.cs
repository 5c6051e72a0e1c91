namespace ForgePrune.Kernels.Gpu;

/// <summary>The memories of other libraries that a device reads, each opened and checked when it is first asked for.</summary>
/// <param name="open">Copies from a memory to a device, or null and why there are none, as a clause.</param>
internal sealed class LentReaders(GpuDevice device, Func<GpuDevice, LentMemory, (ILentCopies? Copies, string? Fault)> open) : IDisposable
{
    private readonly Dictionary<LentMemory, (LentReader? Reader, ILentCopies? Copies, string? Fault)> known = [];

    /// <returns>Null where the device cannot read that memory.</returns>
    public LentReader? Of(LentMemory memory) => Known(memory).Reader;

    /// <summary>Which way activations take, as a clause.</summary>
    public string Way(LentMemory memory) => Known(memory).Fault is { } fault
        ? $"activations pass the host on their way from {memory} to '{device.Name}': {fault}"
        : $"'{device.Name}' reads activations in the memory of {memory}, where they are computed";

    public void Dispose()
    {
        foreach (var (_, copies, _) in known.Values)
            copies?.Dispose();
        known.Clear();
    }

    private (LentReader? Reader, ILentCopies? Copies, string? Fault) Known(LentMemory memory)
    {
        if (known.TryGetValue(memory, out var found))
            return found;
        return known[memory] = Open(memory);
    }

    private (LentReader? Reader, ILentCopies? Copies, string? Fault) Open(LentMemory memory)
    {
        using var here = device.Use();
        var (copies, fault) = open(device, memory);
        if (copies is null)
            return (null, null, fault);
        var reader = new LentReader(device, copies);
        if (LentCheck.Fault(device, copies, reader, memory) is not { } difference)
            return (reader, copies, null);
        copies.Dispose();
        return (null, null, difference);
    }
}
