namespace ForgePrune.Ilgpu;

/// <summary>The memories of a device by their addresses.</summary>
internal sealed class MemoryMap : IDisposable
{
    private readonly List<DeviceMemory> _memories = [];
    private DeviceMemory? _last;

    public DeviceMemory Add(long bytes, int elementBytes, string name)
    {
        var memory = new DeviceMemory(bytes, elementBytes, name);
        var before = _memories.FindIndex(other => other.Start > memory.Start);
        _memories.Insert(before < 0 ? _memories.Count : before, memory);
        return memory;
    }

    public void Remove(DeviceMemory memory)
    {
        _memories.Remove(memory);
        _last = null;
        memory.Dispose();
    }

    /// <summary>The memory that an address lies in; null for what is a lane's own.</summary>
    public DeviceMemory? Find(nint address)
    {
        if (_last is { } last && address >= last.Start && address < last.End)
            return last;
        int low = 0, high = _memories.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var memory = _memories[middle];
            if (address < memory.Start)
                high = middle - 1;
            else if (address >= memory.End)
                low = middle + 1;
            else
                return _last = memory;
        }
        return null;
    }

    public void Dispose()
    {
        while (_memories.Count > 0)
            Remove(_memories[^1]);
    }
}
