using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Serving;

namespace ForgePrune.Methods.Comparison;

/// <summary>Hashes that tell whether a finished cell is still the answer: of the model, the texts and all settings that change a result.</summary>
/// <param name="model">Content hash of the dense model, and of the files beside its weights.</param>
/// <param name="version">Of the tool and of the work that it does.</param>
internal sealed class ComparisonKeys(string model, string version)
{
    private readonly Dictionary<string, string> files = [];

    public string Of(PruneSettings settings) => ManifestHash.OfText(JsonSerializer.Serialize(new[]
    {
        model, version, Text(settings.Calibration), Text(settings.Evaluation), settings.Target.ToString(), $"{settings.Tokens}", $"{settings.Continuations}",
            $"{settings.Window}", settings.Method.Name,
        $"{settings.Seed}", settings.Device.Name, $"{settings.Threads}", settings.Workload.ToString(), $"{settings.Affine}", $"{settings.Quick}",
            $"{settings.TimingSeconds}",
        settings.Method.ToString(), $"{settings.Recovery}", $"{settings.Polish}", Text(settings.Recovery?.Text), $"{settings.Quantize}", $"{settings.Gguf}",
        $"{settings.Time}", $"{settings.Shapes}",
    }));

    public string? Of(TaskSettings? tasks) => tasks is null ? null : ManifestHash.OfText(JsonSerializer.Serialize(
        tasks.Paths.SelectMany(Files).Select(file => $"{file} {Text(file)}").Prepend($"{version} {tasks.Limit} {tasks.Bos}").ToArray()));

    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [path];

    private string Text(string? path)
    {
        if (path is null)
            return "none";
        if (!FileKind.IsRegular(path))
            throw new BadInputException($"{path} is a pipe, and every run of a comparison reads its texts anew; give a file");
        if (!files.TryGetValue(path, out var hash))
            files[path] = hash = ManifestHash.OfFile(path);
        // The ending says how the bytes are read.
        return $"{hash}{Path.GetExtension(path).ToLowerInvariant()}";
    }
}
