using System.Numerics;

namespace ForgePrune.Search;

/// <summary>xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64. Its four words are its whole state, so that a search can stop
/// and go on as if it had not; System.Random promises neither its sequence nor its state.</summary>
internal sealed class SearchRandom
{
    private readonly ulong[] state;

    public SearchRandom(ulong seed)
    {
        state = new ulong[4];
        for (var word = 0; word < 4; word++)
        {
            seed += 0x9E3779B97F4A7C15;
            var mixed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            state[word] = mixed ^ (mixed >> 31);
        }
    }

    /// <param name="state">Four words, not all zero, from <see cref="State"/>.</param>
    public SearchRandom(IReadOnlyList<ulong> state)
    {
        if (state.Count != 4 || state.All(word => word == 0))
            throw new ArgumentException("four words, not all zero, are a state", nameof(state));
        this.state = [.. state];
    }

    public ulong[] State => [.. state];

    public ulong NextWord()
    {
        var result = BitOperations.RotateLeft(state[1] * 5, 7) * 9;
        var shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = BitOperations.RotateLeft(state[3], 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>), from the high half of a product; the bias is below bound / 2⁶⁴.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextWord(), (ulong)bound, out _);
    }
}
