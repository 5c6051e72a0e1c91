namespace ForgePrune.Ilgpu;

/// <summary>A group while it runs: its lanes one after the other, each to its next barrier, then the first again.</summary>
internal sealed class GroupRun : IDisposable
{
    // What a group may have without asking the driver for more.
    private const long LargestShared = 48 << 10;

    private static long _intervals;
    private readonly MemoryMap _shared = new();
    private readonly List<(int Site, DeviceMemory Memory)> _pieces = [];
    private readonly Lane[] _lanes;
    private readonly long _start;
    private long _sharedBytes;

    public GroupRun(Launch launch, int group)
    {
        (Launch, Group) = (launch, group);
        _start = Interval = NextInterval();
        _lanes = [.. Enumerable.Range(0, launch.Lanes).Select(index => new Lane(this, index))];
    }

    public Launch Launch { get; }

    public int Group { get; }

    public int Lanes => _lanes.Length;

    /// <summary>The stretch between two barriers that is running.</summary>
    public long Interval { get; private set; }

    public static long NextInterval() => Interlocked.Increment(ref _intervals);

    /// <summary>Runs all lanes to the end of the kernel.</summary>
    /// <exception cref="KernelFault">A lane did what it must not.</exception>
    public void Run(Action kernel)
    {
        do
        {
            foreach (var lane in _lanes)
                lane.Step(kernel);
            if (_lanes.FirstOrDefault(lane => lane.Waits != _lanes[0].Waits || (lane.Waits && lane.Site != _lanes[0].Site)) is { } other)
                throw KernelFault.Diverged(other, Divergence(other));
            Interval = NextInterval();
        }
        while (_lanes[0].Waits);
    }

    public DeviceMemory? Find(nint address) => _shared.Find(address) ?? Launch.Map.Find(address);

    /// <summary>The piece of shared memory of a call site; the lanes must come to these in the same order.</summary>
    public DeviceMemory Share(int site, int ordinal, long bytes, int elementBytes, Type type)
    {
        if (ordinal < _pieces.Count)
            return _pieces[ordinal].Site == site ? _pieces[ordinal].Memory : throw KernelFault.Resources("allocates shared memory where other lanes of the group do not");
        if (_pieces.Exists(piece => piece.Site == site))
            throw KernelFault.Resources("comes to an allocation of shared memory a second time");
        if ((_sharedBytes += bytes) > LargestShared)
            throw KernelFault.Resources($"takes {_sharedBytes} bytes of shared memory; a group has {LargestShared}");
        var memory = _shared.Add(bytes, elementBytes, $"the shared {type.Name}s of {Sites.Line(site)}");
        _pieces.Add((site, memory));
        return memory;
    }

    public bool IsOfGroup(Access access) => access.Interval >= _start;

    /// <summary>Whether nothing says which of two accesses comes first.</summary>
    public bool AreUnordered(Access earlier, Access now) =>
        earlier.Interval >= Launch.Start && (earlier.Interval < _start || (earlier.Interval == now.Interval && earlier.Lane != now.Lane));

    public void Dispose() => _shared.Dispose();

    private string Divergence(Lane other) => (_lanes[0].Waits, other.Waits) switch
    {
        (false, _) => "waits at a barrier although lane 0 has ended",
        (_, false) => $"has ended although lane 0 waits at the barrier of {Sites.Line(_lanes[0].Site)}",
        _ => $"waits at this barrier although lane 0 waits at the one of {Sites.Line(_lanes[0].Site)}",
    };
}
