using System.Text.Json;
using ForgePrune.Errors;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Reads run.json without trusting it.</summary>
internal static class RunMarkerFile
{
    public static bool IsOurs(string path)
    {
        try
        {
            return File.Exists(path) && Read(path)?.Tool == RunMarker.Current.Tool;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    public static void RequireOurs(string path)
    {
        var marker = Read(path);
        if (marker?.Tool != RunMarker.Current.Tool)
            throw new BadInputException($"{path} belongs to {marker?.Tool ?? "nobody"}, not to ForgePrune; choose another `Out`");
        if (marker.Format != RunMarker.Current.Format)
        {
            throw new BadInputException(
                $"{path} has layout {marker.Format} but this version reads layout {RunMarker.Current.Format}; choose another `Out`");
        }
    }

    private static RunMarker? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), RunJson.Default.RunMarker);
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path} cannot be read as the mark of a ForgePrune run; choose another `Out`", fault);
        }
    }
}
