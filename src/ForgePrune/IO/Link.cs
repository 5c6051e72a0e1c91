namespace ForgePrune.IO;

/// <summary>Symbolic links.</summary>
internal static class Link
{
    /// <summary>Where a link points that leads to nothing, or in a circle; null for everything else.</summary>
    public static string? Broken(string path) => new FileInfo(path).LinkTarget is { } target && !FileKind.Stands(path) ? target : null;
}
