using ForgePrune.Ilgpu;

namespace ILGPU;

/// <summary>A lane's place in its group, as in ILGPU.</summary>
public static class Group
{
    public static int IdxX => Lane.Here.Index;

    public static int DimX => Lane.Here.Run.Lanes;

    /// <summary>Waits for every lane of the group; all must come, and to the same call.</summary>
    public static void Barrier() => throw new NotSupportedException("A barrier is written into the kernel where it stands.");
}
