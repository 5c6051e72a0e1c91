namespace ForgePrune.Pipeline.Runs;

/// <summary>A finished stage.</summary>
/// <param name="Folder">Where its files lie.</param>
/// <param name="Manifest">What they are and what they came from.</param>
/// <param name="Reused">It was there already; nothing ran.</param>
public sealed record StageResult(string Folder, StageManifest Manifest, bool Reused)
{
    /// <summary>Path of one file of the stage.</summary>
    public string File(string name) => Path.Combine(Folder, name);
}
