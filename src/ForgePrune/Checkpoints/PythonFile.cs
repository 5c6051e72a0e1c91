namespace ForgePrune.Checkpoints;

/// <summary>The Python files that stand beside weights, for loaders that run a folder's own classes.</summary>
internal static class PythonFile
{
    /// <summary>Writes the file of a name into a folder.</summary>
    public static void Copy(string name, string folder)
    {
        using var content = typeof(PythonFile).Assembly.GetManifestResourceStream($"ForgePrune.Python.{name}")
            ?? throw new InvalidOperationException($"{name} is no resource of the library");
        using var file = File.Create(Path.Combine(folder, name));
        content.CopyTo(file);
    }
}
