using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Why the system does not load a library.</summary>
/// <param name="IsMissing">There is no such file; else it is there and cannot be used.</param>
/// <param name="Reason">What the system says.</param>
internal sealed record LoadRefusal(bool IsMissing, string Reason)
{
    private const string NoFile = "No such file or directory";

    /// <returns>Null for a library that can be loaded.</returns>
    public static LoadRefusal? Of(string library)
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(library));
            return null;
        }
        catch (DllNotFoundException refusal)
        {
            return Told(library, refusal.Message);
        }
        catch (BadImageFormatException refusal)
        {
            return new(false, refusal.Message.ReplaceLineEndings(" "));
        }
    }

    // .NET tries several spellings of a name and tells of each in a line; what is said of a file that is there counts, and so does a library that it needs and
    // that is missing.
    private static LoadRefusal Told(string library, string message)
    {
        var stem = library.Split('.')[0];
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var told = lines.Skip(1).FirstOrDefault(line => line.Contains(": ", StringComparison.Ordinal)
            && (!line.Contains(NoFile, StringComparison.Ordinal) || !line.Contains(stem, StringComparison.Ordinal)));
        return told is null ? new(true, NoFile) : new(false, told);
    }
}
