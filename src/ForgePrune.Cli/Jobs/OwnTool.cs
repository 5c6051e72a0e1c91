namespace ForgePrune.Cli.Jobs;

/// <summary>How this very program is started again.</summary>
internal static class OwnTool
{
    /// <summary>Program and first arguments: the host that runs it is one program, and its assembly another.</summary>
    public static string[] Words { get; } = Environment.ProcessPath is { } path
        ? Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, typeof(OwnTool).Assembly.Location] : [path]
        : [CommandTree.Name];
}
