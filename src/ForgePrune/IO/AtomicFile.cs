using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ForgePrune.IO;

/// <summary>Files that are there completely or not at all: written beside their place, flushed to the disk, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Ending of files under construction; whatever carries it after a kill is rubbish.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>Writes <paramref name="path"/>, creating its folder; a failure leaves the old file as it was.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        // Two that write the same place do not meet, and nobody's file has this name.
        var temporary = $"{path}.{Guid.NewGuid():N}{TemporaryEnding}";
        try
        {
            WriteErrors.Guard(path, () =>
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
                using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
            });
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes indented JSON that ends with a line feed.</summary>
    public static void WriteJson<T>(string path, T value, JsonTypeInfo<T> type) =>
        WriteText(path, JsonSerializer.Serialize(value, type) + "\n");

    /// <summary>Whether <paramref name="path"/> is what a killed process left of one of these files.</summary>
    public static bool IsUnfinished(string path, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var (file, begin) = (Path.GetFileName(path), name + ".");
            if (file.Length > begin.Length + TemporaryEnding.Length && file.StartsWith(begin, StringComparison.Ordinal)
                && file.EndsWith(TemporaryEnding, StringComparison.Ordinal)
                && file[begin.Length..^TemporaryEnding.Length].All(char.IsAsciiHexDigitLower))
            {
                return true;
            }
        }

        return false;
    }

    private static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            // The write's own fault is the one to report; the next run sweeps the rest away.
        }
    }
}
