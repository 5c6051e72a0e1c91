using System.Globalization;

namespace ForgePrune.Kernels;

/// <summary>A memory in which another library of this process computes, and which the host cannot read.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Device">Number of its device, from 0, as that library counts.</param>
internal readonly record struct LentMemory(string Kind, int Device)
{
    private const string OfCuda = "cuda";

    /// <summary>What CUDA's runtime allocates on a GPU; it belongs to the primary context of that device.</summary>
    public static LentMemory Cuda(int device) => new(OfCuda, device);

    /// <summary>Whether it is a memory of CUDA's runtime.</summary>
    public bool IsCuda => Kind == OfCuda;

    /// <summary>The kind and the number, such as cuda:0.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Device}");
}
