using System.Runtime.CompilerServices;

namespace ForgePrune.Ilgpu;

/// <summary>
/// One lane of a group. All run on one thread: a lane that comes to a barrier keeps its variables here and returns, and when its turn comes again its
/// kernel is called again and goes on behind that barrier. <see cref="KernelRewriter"/> writes kernels so.
/// </summary>
internal sealed class Lane(GroupRun run, int index)
{
    [ThreadStatic]
    public static Lane? Current;

    private readonly List<IStrongBox> _kept = [];
    private int _pieces;

    public static Lane Here => Current ?? throw new InvalidOperationException("Only a kernel that was launched has lanes.");

    public GroupRun Run => run;

    public int Index => index;

    /// <summary>Where in the kernel it last did something that is watched.</summary>
    public int Site { get; set; }

    /// <summary>Whether it waits at a barrier, and has not come to its end.</summary>
    public bool Waits { get; private set; }

    public Access Now => new(run.Interval, index, Site);

    private int GoesOnAt { get; set; }

    /// <summary>Runs to the next barrier or the end.</summary>
    public void Step(Action kernel)
    {
        var before = Current;
        (Current, Waits) = (this, false);
        try
        {
            kernel();
        }
        finally
        {
            Current = before;
        }
    }

    /// <summary>The group's memory for this call site.</summary>
    public DeviceMemory Share<T>(int extent) where T : unmanaged => extent > 0
        ? run.Share(Site, _pieces++, (long)extent * Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), typeof(T))
        : throw KernelFault.Resources($"asks for shared memory of {extent} elements");

    /// <summary>The number of the barrier that the lane goes on behind; 0 at the start.</summary>
    internal static int Entry() => Here.GoesOnAt;

    internal static void Wait(int barrier) => (Here.Waits, Here.GoesOnAt) = (true, barrier);

    internal static void Keep<T>(T value, int slot)
    {
        var kept = Here._kept;
        while (kept.Count <= slot)
            kept.Add(new StrongBox<T>());
        if (kept[slot] is StrongBox<T> box)
            box.Value = value;
        else
            kept[slot] = new StrongBox<T>(value);
    }

    internal static T Kept<T>(int slot) => ((StrongBox<T>)Here._kept[slot]).Value!;

    /// <summary>A reference into the device's memory stays good; one to a local variable does not, and fails when it is used.</summary>
    internal static unsafe void KeepReference(ref byte at, int slot)
    {
        var address = (nint)Unsafe.AsPointer(ref at);
        Keep(Here.Run.Find(address) is null ? 0 : address, slot);
    }

    internal static unsafe ref byte KeptReference(int slot) => ref Unsafe.AsRef<byte>((void*)Kept<nint>(slot));
}
