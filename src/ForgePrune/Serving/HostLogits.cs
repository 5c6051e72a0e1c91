using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Serving;

/// <summary>Logits of a call that come to the host in one tensor.</summary>
internal static class HostLogits
{
    /// <summary>Runtimes count the bytes of a tensor on the host in 32 bits.</summary>
    private const long MostBytes = int.MaxValue;

    /// <returns>How many they are.</returns>
    /// <exception cref="BadInputException">They are too many.</exception>
    public static int Count(int sequences, int tokens, int vocabulary)
    {
        var count = (long)sequences * tokens * vocabulary;
        return count <= MostBytes / sizeof(float) ? (int)count : throw new BadInputException(
            $"{sequences} x {tokens} tokens give {Bytes.Show(count * sizeof(float))} of logits over a vocabulary of {vocabulary}, and a call returns at most "
            + $"{Bytes.Show(MostBytes)}; take fewer or shorter sequences, or an export of last logits alone");
    }
}
