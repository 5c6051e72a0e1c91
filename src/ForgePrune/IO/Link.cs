namespace ForgePrune.IO;

/// <summary>Symbolic links.</summary>
internal static class Link
{
    /// <summary>Where a link points that leads to nothing, or in a circle; null for everything else.</summary>
    public static string? Broken(string path)
    {
        if (new FileInfo(path).LinkTarget is not { } target)
            return null;
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is { } end && Path.Exists(end.FullName) ? null : target;
        }
        catch (IOException)
        {
            return target;
        }
    }
}
