using ILGPU;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Toys;

/// <summary>Kernels without a fault that come close to one.</summary>
internal static class RightKernels
{
    private const int Largest = 64;

    /// <summary>A sum in pairs: a value is read in one interval by the lane that did not write it in the one before.</summary>
    public static void SumInPairs(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        shared[Group.IdxX] = data[Grid.IdxX * Group.DimX + Group.IdxX];
        Group.Barrier();
        for (var half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
                shared[Group.IdxX] += shared[Group.IdxX + half];
            Group.Barrier();
        }
        if (Group.IdxX == 0)
            data[Grid.IdxX * Group.DimX] = shared[0];
    }

    /// <summary>Global memory handed from lane to lane of one group with a barrier between, twice through the same one.</summary>
    public static void Rotate(ArrayView<int> data)
    {
        for (var round = 0; round < 3; round++)
        {
            var next = data[(Group.IdxX + 1) % Group.DimX];
            Group.Barrier();
            data[Group.IdxX] = next;
            Group.Barrier();
        }
    }

    /// <summary>Structs by field, by value, by reference, made anew, and seen through a cast.</summary>
    public static void Structs(ArrayView<float> data)
    {
        var four = data.Cast<Four>();
        var lane = Group.IdxX;
        four[lane] = new Four(lane, 1, 2, 3);
        four[lane].Y += 2 * four[lane].X;
        Double(ref four[lane].Z);
        ref var here = ref four[lane];
        Group.Barrier();
        here.W = here.Sum();
        Group.Barrier();
        var copy = here;
        copy.X = 100;
        Group.Barrier();
        data[4 * lane + 2] += copy.X;
    }

    /// <summary>All may read what nobody writes, and a lane may do with its own what it likes.</summary>
    public static void ManyReaders(Index1D i, ArrayView<int> data, ArrayView<int> table)
    {
        for (var k = 0; k < table.IntLength; k++)
            data[i] += table[k] * ((k % 3) switch { 0 => 1, 1 => -1, _ => 2 });
    }

    private static void Double(ref float value) => value *= 2;
}
