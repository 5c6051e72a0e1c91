namespace ILGPU;

/// <summary>How many groups of how many lanes a launch has, as in ILGPU.</summary>
public readonly struct KernelConfig(Index1D gridDim, Index1D groupDim)
{
    internal int Groups { get; } = gridDim;

    internal int Lanes { get; } = groupDim;
}
