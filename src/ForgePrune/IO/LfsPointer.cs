using ForgePrune.Errors;

namespace ForgePrune.IO;

/// <summary>The few lines that git leaves in place of a large file where git-lfs did not fetch it.</summary>
internal static class LfsPointer
{
    /// <summary>Whether a file begins as a pointer does.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("version https://git-lfs"u8);

    /// <exception cref="BadInputException">The file is a pointer.</exception>
    public static void Refuse(string file, ReadOnlySpan<byte> bytes)
    {
        if (Begins(bytes))
            throw NotFetched(file);
    }

    private static BadInputException NotFetched(string file) =>
        new($"'{file}' is a Git LFS pointer and not the file that it stands for; run git lfs pull in its folder or download the file.");
}
