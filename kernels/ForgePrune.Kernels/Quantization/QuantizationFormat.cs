using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>How weights are stored: codes of a few bits, and for each block of neighboring inputs a float32 scale.</summary>
/// <remarks>What com.microsoft MatMulNBits reads: blocks lie along the input dimension, their length is a power of two from 16 on. Beyond 256 runtimes have no
/// code, and some of them give zeros without a word.</remarks>
public sealed record QuantizationFormat
{
    private const int LeastBlock = 16, MostBlock = 256;

    /// <summary>Describes a format.</summary>
    /// <param name="bits">Bits of a code: 4 or 8.</param>
    /// <param name="block">Inputs that share a scale: a power of two from 16 to 256.</param>
    /// <param name="symmetric">Whether code 2^(bits−1) stands for 0 in every block; otherwise each block has a zero point of its own.</param>
    /// <exception cref="ArgumentException">The bits or the block are not offered.</exception>
    public QuantizationFormat(int bits, int block, bool symmetric)
    {
        if (bits is not (4 or 8))
            throw new ArgumentException($"{bits} bits are not offered; pass 4 or 8.", nameof(bits));
        if (block is < LeastBlock or > MostBlock || !BitOperations.IsPow2(block))
            throw new ArgumentException($"a block of {block} is not offered; pass a power of two from {LeastBlock} to {MostBlock}.", nameof(block));
        (Bits, Block, Symmetric) = (bits, block, symmetric);
    }

    /// <summary>The bits of a code: 4 or 8.</summary>
    public int Bits { get; }

    /// <summary>The number of neighboring inputs that share a scale.</summary>
    public int Block { get; }

    /// <summary>Whether the middle code stands for 0 in every block; otherwise each block has a zero point.</summary>
    public bool Symmetric { get; }

    /// <summary>The largest code, 2^bits − 1.</summary>
    public int Top => (1 << Bits) - 1;

    /// <summary>The code of 0 where blocks have no zero point of their own.</summary>
    public int Middle => 1 << (Bits - 1);

    /// <summary>Blocks that <paramref name="cols"/> inputs take; the last one may be shorter.</summary>
    public int Blocks(int cols) => (cols + Block - 1) / Block;
}
