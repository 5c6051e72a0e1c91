namespace ForgePrune.Checkpoints;

/// <summary>The few lines that git leaves in place of a large file where git-lfs did not fetch it.</summary>
internal static class LfsPointer
{
    /// <summary>Whether a file begins as a pointer does.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("version https://git-lfs"u8);

    /// <exception cref="Errors.BadInputException">The file is a pointer.</exception>
    public static void Refuse(string file, ReadOnlySpan<byte> bytes)
    {
        if (Begins(bytes))
            throw CheckpointErrors.NotFetched(file);
    }
}
