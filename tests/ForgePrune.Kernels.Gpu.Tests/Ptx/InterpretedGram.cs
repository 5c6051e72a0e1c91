using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>A kernel for Grams as its PTX says.</summary>
internal static class InterpretedGram
{
    private const int Tile = 128, Lanes = 256;

    public static PtxProgram Program(string kernel) => PtxProgram.Parse(OptimizedPtx.Of(kernel));

    /// <summary>gram += XᵀX over tokens [first, first + count), tiles on and below the diagonal.</summary>
    public static double[] Add(PtxProgram program, float[] x, int first, int count, int cols, double[] gram, bool reversed = false)
    {
        var memory = new PtxMemory();
        ulong onX = memory.Put<float>(x), onGram = memory.Put<double>(gram);
        var tiles = (cols + Tile - 1) / Tile;
        program.Launch(
            memory, tiles * (tiles + 1) / 2, Lanes, reversed, View(onX, x.Length), Whole(first), Whole(count), Whole(cols), View(onGram, gram.Length));
        return memory.Read<double>(onGram);
    }

    private static byte[] Whole(int value) => BitConverter.GetBytes(value);

    private static byte[] View(ulong address, long length) => MemoryMarshal.AsBytes<ulong>([address, (ulong)length]).ToArray();
}
