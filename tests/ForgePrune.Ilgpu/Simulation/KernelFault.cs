namespace ForgePrune.Ilgpu;

/// <summary>What a kernel did wrong.</summary>
public enum FaultKind
{
    /// <summary>An index outside its view, or a view outside its memory.</summary>
    OutOfBounds,

    /// <summary>A read of memory that nothing was written to.</summary>
    Unwritten,

    /// <summary>Two lanes that may run in any order touch the same element, and one of them writes.</summary>
    Race,

    /// <summary>The lanes of a group do not all come to the same barrier.</summary>
    DivergentBarrier,

    /// <summary>The launch or its shared memory is larger than a group may have.</summary>
    Resources,
}

/// <summary>A fault of a kernel, found while it ran, with the lane and the line.</summary>
public sealed class KernelFault : Exception
{
    private KernelFault(FaultKind kind, string? kernel, int group, int lane, SourceLine line, string what)
        : base(kernel is null ? $"The host {what}." : $"{kernel}, group {group}, lane {lane}, {line}: {what}.") =>
        (Kind, Kernel, Group, LaneIndex, Line) = (kind, kernel, group, lane, line);

    public FaultKind Kind { get; }

    /// <summary>Name of the kernel; null where the host did it.</summary>
    public string? Kernel { get; }

    /// <summary>The group; of kernels with one lane for each element, the element.</summary>
    public int Group { get; }

    /// <summary>The lane in its group.</summary>
    public int LaneIndex { get; }

    public SourceLine Line { get; }

    internal static KernelFault OutOfBounds(string what) => At(FaultKind.OutOfBounds, what);

    internal static KernelFault Unwritten(string what) => At(FaultKind.Unwritten, what);

    internal static KernelFault Resources(string what) => At(FaultKind.Resources, what);

    internal static KernelFault Race(string does, DeviceMemory memory, long element, Access earlier, string did) => At(FaultKind.Race,
        $"{does} element {element} of {memory.Name}, which lane {earlier.Lane} of {(Lane.Here.Run.IsOfGroup(earlier) ? "this" : "another")} group {did} at {Sites.Line(earlier.Site)} with no barrier between");

    internal static KernelFault Diverged(Lane lane, string what) =>
        new(FaultKind.DivergentBarrier, lane.Run.Launch.Kernel, lane.Run.Group, lane.Index, Sites.Line(lane.Site), what);

    private static KernelFault At(FaultKind kind, string what) => Lane.Current is { } lane
        ? new(kind, lane.Run.Launch.Kernel, lane.Run.Group, lane.Index, Sites.Line(lane.Site), what)
        : new(kind, null, -1, -1, default, what);
}
