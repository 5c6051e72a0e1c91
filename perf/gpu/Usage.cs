using System.Globalization;

namespace ForgePrune.GpuPerf;

/// <summary>What was asked for.</summary>
/// <param name="Device">As <c>forgeprune prune --device</c> names it.</param>
/// <param name="Tiny">Sizes for ILGPU's CPU accelerator: whether it runs, not how fast.</param>
/// <param name="ChecksOnly">Small sizes and no times, for tools that watch.</param>
/// <param name="Dense">A dense export, or null.</param>
/// <param name="Pruned">A pruned export, or null.</param>
/// <param name="DenseModel">A dense checkpoint, or null.</param>
/// <param name="PrunedModel">A pruned checkpoint, or null.</param>
/// <param name="Out">The folder for the table and the raw results, or null.</param>
/// <param name="Seconds">No row of the table begins after so many that it could not end in.</param>
internal sealed record Usage(string Device, bool Tiny, bool ChecksOnly, string? Dense, string? Pruned, string? DenseModel,
    string? PrunedModel, string? Out, double Seconds)
{
    public const string Text =
        "usage: [--device cuda | cuda:1 | opencl | ilgpu-cpu:256] [--tiny | --checks] [--out FOLDER] [--dense FOLDER --pruned FOLDER] "
        + "[--dense-model FOLDER --pruned-model FOLDER] [--seconds 460]";

    /// <returns>Null for words that mean nothing.</returns>
    public static Usage? Parse(string[] words)
    {
        var usage = new Usage("cuda", false, false, null, null, null, null, null, 460);
        for (var rest = words.AsSpan(); rest.Length > 0;)
            switch (rest)
            {
                case ["--tiny", ..]:
                    usage = usage with { Tiny = true };
                    rest = rest[1..];
                    break;
                case ["--checks", ..]:
                    usage = usage with { ChecksOnly = true };
                    rest = rest[1..];
                    break;
                case ["--out", var folder, ..] when Directory.Exists(folder):
                    usage = usage with { Out = folder };
                    rest = rest[2..];
                    break;
                case ["--device", var device, ..]:
                    usage = usage with { Device = device };
                    rest = rest[2..];
                    break;
                case ["--dense", var folder, ..] when Path.Exists(folder):
                    usage = usage with { Dense = folder };
                    rest = rest[2..];
                    break;
                case ["--pruned", var folder, ..] when Path.Exists(folder):
                    usage = usage with { Pruned = folder };
                    rest = rest[2..];
                    break;
                case ["--dense-model", var folder, ..] when Path.Exists(folder):
                    usage = usage with { DenseModel = folder };
                    rest = rest[2..];
                    break;
                case ["--pruned-model", var folder, ..] when Path.Exists(folder):
                    usage = usage with { PrunedModel = folder };
                    rest = rest[2..];
                    break;
                case ["--seconds", var text, ..] when double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 470:
                    usage = usage with { Seconds = seconds };
                    rest = rest[2..];
                    break;
                default:
                    return null;
            }
        // The slow accelerator of ILGPU never gets the sizes of a GPU.
        return usage.Device.StartsWith("ilgpu-cpu", StringComparison.Ordinal) && !usage.Tiny || usage is { Tiny: true, ChecksOnly: true }
            || (usage.Dense is null) != (usage.Pruned is null) || (usage.DenseModel is null) != (usage.PrunedModel is null)
            ? null
            : usage;
    }

    public CheckSizes Sizes => Tiny ? CheckSizes.Tiny : ChecksOnly ? CheckSizes.Small : CheckSizes.Full;
}
