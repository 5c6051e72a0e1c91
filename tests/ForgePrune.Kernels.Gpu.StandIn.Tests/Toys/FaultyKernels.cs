using ILGPU;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Toys;

/// <summary>Small kernels, each with one fault. The line at fault ends in a comment that begins with <c>fault</c>: the tests look for it.</summary>
internal static class FaultyKernels
{
    private const int Largest = 64;

    public static void IndexTooLarge(ArrayView<int> data)
    {
        if (Group.IdxX == 3)
            data[data.Length] = 1; // fault: lane 3
    }

    public static void IndexNegative(ArrayView<int> data)
    {
        var at = Group.IdxX - 1;
        data[at] = 1; // fault: lane 0
    }

    public static void SharedTooLarge(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(4);
        shared[Group.IdxX] = 1; // fault: lane 4
        Group.Barrier();
        data[Group.IdxX] = shared[0];
    }

    public static void OutsideItsPart(ArrayView<int> data)
    {
        var half = data.SubView(0, 4);
        data[Group.IdxX] = half[Group.IdxX] + 1; // fault: lane 4
    }

    public static void PartTooLong(ArrayView<int> data)
    {
        var part = data.SubView(Group.IdxX, data.Length - 2); // fault: lane 3
        part[0] = 1;
    }

    public static void SharedUnwritten(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        if (Group.IdxX != 5)
            shared[Group.IdxX] = 1;
        Group.Barrier();
        data[Group.IdxX] = shared[(Group.IdxX + 1) % Group.DimX]; // fault: lane 4
    }

    public static void GlobalUnwritten(ArrayView<int> data, ArrayView<int> fresh)
    {
        if (Group.IdxX == 2)
            data[0] += fresh[1]; // fault: lane 2
    }

    public static void BarrierLeftOut(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        shared[Group.IdxX] = data[Group.IdxX];
        if (Group.IdxX > 0)
            data[Group.IdxX] = shared[Group.IdxX - 1]; // fault: lane 1
    }

    public static void BarrierLeftOutBeforeWrite(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(1);
        if (Group.IdxX == 0)
            shared[0] = 7;
        Group.Barrier();
        data[Group.IdxX] = shared[0];
        if (Group.IdxX == 1)
            shared[0] = 8; // fault: lane 1
    }

    public static void ReadThenWrittenByTheFirst(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(Largest);
        shared[Group.IdxX] = 1;
        Group.Barrier();
        if (Group.IdxX > 0)
            shared[Group.IdxX] += shared[Group.IdxX - 1]; // fault: lane 2
        Group.Barrier();
        data[Group.IdxX] = shared[Group.IdxX];
    }

    public static void AllWriteTheSame(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(1);
        shared[0] = 1; // fault: lane 1
        Group.Barrier();
        data[Group.IdxX] = shared[0];
    }

    public static void GroupsMeet(ArrayView<int> data)
    {
        if (Group.IdxX == 0)
            data[0] += 1; // fault: lane 0
        Group.Barrier();
    }

    public static void BarrierOfSomeLanes(ArrayView<int> data)
    {
        if (Group.IdxX < 6)
            Group.Barrier(); // the others never come here
        data[Group.IdxX] = 1; // fault: lane 6
    }

    public static void LeavesBeforeBarrier(ArrayView<int> data)
    {
        if (Group.IdxX == 0)
            return;
        data[Group.IdxX] = 1;
        Group.Barrier(); // fault: lane 1
    }

    public static void TwoBarriers(ArrayView<int> data)
    {
        if (Group.IdxX % 4 == 3)
            Group.Barrier(); // fault: lane 3
        else
            Group.Barrier();
        data[Group.IdxX] = 1;
    }

    public static void SharedTooMuch(ArrayView<double> data)
    {
        var shared = SharedMemory.Allocate<double>(6145); // fault: lane 0
        shared[Group.IdxX] = 1;
    }

    public static void CastOffTheGrid(ArrayView<float> data)
    {
        var four = data.SubView(2, 8).Cast<Four>(); // fault: lane 0
        four[0] = default;
    }

    public static void EachWritesTheNext(Index1D i, ArrayView<int> data)
    {
        if (i + 1 < data.Length)
            data[i] = data[i + 1]; // fault: lane 0
    }

    public static void InWhatItCalls(ArrayView<int> data) => Put(data, Group.IdxX + 1);

    private static void Put(ArrayView<int> data, int at) => data[at] = at; // fault: lane 7
}
