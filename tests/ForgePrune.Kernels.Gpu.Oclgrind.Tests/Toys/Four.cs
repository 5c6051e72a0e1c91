namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Toys;

/// <summary>Four neighbours.</summary>
internal struct Four(float x, float y, float z, float w)
{
    public float X = x, Y = y, Z = z, W = w;

    public readonly float Sum() => X + Y + Z + W;
}
