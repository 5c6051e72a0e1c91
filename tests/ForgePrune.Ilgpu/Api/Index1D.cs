namespace ILGPU;

/// <summary>The index of a lane among all lanes of a launch, as in ILGPU.</summary>
public readonly struct Index1D(int x)
{
    public int X { get; } = x;

    public static implicit operator int(Index1D index) => index.X;

    public static implicit operator Index1D(int x) => new(x);
}
