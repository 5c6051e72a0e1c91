using System.Text.Json;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Reads a stage's manifest. One that is absent, torn or of another layout proves nothing, so the stage is done again.</summary>
internal static class StageManifestFile
{
    public static StageManifest? Read(string path)
    {
        using var stream = SharedFile.TryOpen(path);
        if (stream is null)
            return null;
        try
        {
            var manifest = JsonSerializer.Deserialize(stream, RunJson.Default.StageManifest);
            // JSON may hold null wherever a list does.
            return manifest?.Format == StageManifest.CurrentFormat && manifest.Files.All(file => file is not null) && manifest.Key.Hash() == manifest.Hash
                ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
