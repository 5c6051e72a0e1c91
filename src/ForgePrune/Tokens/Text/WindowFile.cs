using System.Runtime.InteropServices;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Windows as a run keeps them: little-endian int32 ids, row after row. Any vocabulary fits, unlike <see cref="TokenFile"/>.</summary>
internal static class WindowFile
{
    public static void Write(string path, TokenWindows windows)
    {
        using var stream = File.Create(path);
        for (var window = 0; window < windows.Count; window++)
            stream.Write(MemoryMarshal.AsBytes(windows.Window(window)));
    }

    /// <exception cref="BadInputException">The file does not hold whole windows.</exception>
    public static TokenWindows Read(string path, int length)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length == 0 || bytes.Length % (length * sizeof(int)) != 0)
            throw new BadInputException($"{path} holds {bytes.Length} bytes, which are no windows of {length} tokens; delete the run folder and start again");
        return new TokenWindows(length, MemoryMarshal.Cast<byte, int>(bytes).ToArray());
    }
}
