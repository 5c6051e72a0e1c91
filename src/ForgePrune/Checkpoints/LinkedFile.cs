namespace ForgePrune.Checkpoints;

/// <summary>Files that links name: caches of downloads are folders of links.</summary>
internal static class LinkedFile
{
    /// <summary>The files of a checkpoint; all others are ignored.</summary>
    private static readonly string[] Extensions = [".json", ".safetensors", ".jinja", ".model", ".txt", ".bin"];

    /// <summary>Length of the file itself.</summary>
    public static long Length(FileInfo file) => ((FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file).Length;

    /// <summary>A link that leads nowhere counts as a file to <see cref="File.Exists"/>, and as one that is missing to whoever opens it.</summary>
    /// <exception cref="Errors.BadInputException">A checkpoint's file is such a link.</exception>
    public static void RefuseBroken(string folder)
    {
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles())
            if (file.LinkTarget is not null && Extensions.Contains(file.Extension) && file.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true)
                throw CheckpointErrors.BrokenLink(file.FullName, file.LinkTarget);
    }
}
