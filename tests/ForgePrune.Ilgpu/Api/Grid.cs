using ForgePrune.Ilgpu;

namespace ILGPU;

/// <summary>A group's place among the groups of a launch, as in ILGPU.</summary>
public static class Grid
{
    public static int IdxX => Lane.Here.Run.Group;

    public static int DimX => Lane.Here.Run.Launch.Groups;
}
