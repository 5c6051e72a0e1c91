using ILGPU;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Toys;

/// <summary>Small kernels, each with one fault.</summary>
internal static class FaultyKernels
{
    private const int Largest = 64;

    public static void IndexTooLarge(ArrayView<int> data)
    {
        if (Group.IdxX == 3)
            data[data.Length] = 1;
    }

    public static void IndexNegative(ArrayView<int> data)
    {
        var at = Group.IdxX - 1;
        data[at] = 1;
    }

    public static void SharedTooLarge(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(4);
        shared[Group.IdxX] = 1;
        Group.Barrier();
        data[Group.IdxX] = shared[0];
    }

    public static void OutsideItsPart(ArrayView<int> data)
    {
        var half = data.SubView(0, 4);
        data[Group.IdxX] = half[Group.IdxX] + 1;
    }

    public static void PartTooLong(ArrayView<int> data)
    {
        var part = data.SubView(Group.IdxX, data.Length - 2);
        part[0] = 1;
    }

    public static void SharedUnwritten(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        if (Group.IdxX != 5)
            shared[Group.IdxX] = 1;
        Group.Barrier();
        data[Group.IdxX] = shared[(Group.IdxX + 1) % Group.DimX];
    }

    public static void GlobalUnwritten(Index1D i, ArrayView<double> sums, ArrayView<double> fresh)
    {
        if (i == 2)
            sums[i] += fresh[i];
    }

    public static void ReadTooFar(ArrayView<int> data)
    {
        if (Group.IdxX == 5)
            data[0] += data[Group.IdxX + 3];
    }

    public static void BarrierLeftOut(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        shared[Group.IdxX] = data[Group.IdxX];
        if (Group.IdxX > 0)
            data[Group.IdxX] = shared[Group.IdxX - 1];
    }

    public static void BarrierLeftOutBeforeWrite(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(1);
        if (Group.IdxX == 0)
            shared[0] = 7;
        Group.Barrier();
        data[Group.IdxX] = shared[0];
        if (Group.IdxX == 1)
            shared[0] = 8;
    }

    public static void ReadThenWrittenByTheFirst(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        shared[Group.IdxX] = 1;
        Group.Barrier();
        if (Group.IdxX > 0)
            shared[Group.IdxX] += shared[Group.IdxX - 1];
        Group.Barrier();
        data[Group.IdxX] = shared[Group.IdxX];
    }

    public static void AllWriteTheSame(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(1);
        shared[0] = data.IntLength;
        Group.Barrier();
        data[Group.IdxX] = shared[0];
    }

    public static void GroupsMeet(ArrayView<int> data)
    {
        if (Group.IdxX == 0)
            data[0] += 1;
        Group.Barrier();
    }

    public static void BarrierOfSomeLanes(ArrayView<int> data)
    {
        if (Group.IdxX < 6)
            Group.Barrier(); // the others never come here
        data[Group.IdxX] = 1;
    }

    public static void LeavesBeforeBarrier(ArrayView<int> data)
    {
        if (Group.IdxX == 0)
            return;
        data[Group.IdxX] = 1;
        Group.Barrier();
    }

    public static void TwoBarriers(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        if (Group.IdxX % 4 == 3)
        {
            shared[Group.IdxX] = data[Group.IdxX];
            Group.Barrier();
            data[Group.IdxX] = shared[Group.IdxX - 1];
        }
        else
        {
            shared[Group.IdxX] = 3 * data[Group.IdxX] + 1;
            Group.Barrier();
            data[Group.IdxX] = 5 * shared[Group.IdxX + 1];
        }
    }

    public static void InWhatItCalls(ArrayView<int> data) => Put(data, Group.IdxX + 1);

    private static void Put(ArrayView<int> data, int at) => data[at] = at;
}
