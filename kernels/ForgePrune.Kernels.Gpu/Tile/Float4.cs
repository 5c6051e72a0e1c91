namespace ForgePrune.Kernels.Gpu;

/// <summary>Four neighbors: a view of these is read and written 16 bytes at a time.</summary>
internal readonly struct Float4(float x, float y, float z, float w)
{
    public readonly float X = x, Y = y, Z = z, W = w;
}
