namespace ForgePrune.Kernels.Gpu;

/// <summary>Four neighboring words of an operand of the tensor cores: a view of these is written 16 bytes at a time.</summary>
internal readonly struct Word4(int x, int y, int z, int w)
{
    public readonly int X = x, Y = y, Z = z, W = w;
}
