namespace ForgePrune.Onnx.Export;

/// <summary>Makes a folder appear whole or not at all: it is filled under another name beside its place, then renamed.</summary>
internal static class NewFolder
{
    public static void Write(string folder, Action<string> fill)
    {
        var target = Path.GetFullPath(folder);
        if (Path.Exists(target))
            throw ExportErrors.Exists(target);
        var partial = target + ".partial";
        try
        {
            Remove(partial);
            Directory.CreateDirectory(partial);
            fill(partial);
            Directory.Move(partial, target);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            RemoveQuietly(partial);
            throw ExportErrors.CannotWrite(target, fault);
        }
        catch
        {
            RemoveQuietly(partial);
            throw;
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>The fault that brought us here is the one to report, so a second one while clearing up is not.</summary>
    private static void RemoveQuietly(string folder)
    {
        try
        {
            Remove(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
        }
    }
}
