using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Jobs;

/// <summary>A worker's share, from its command line or its scheduler.</summary>
internal static class Shares
{
    // Slurm counts an array as it is told to, from 1 here; Kubernetes counts an Indexed Job from 0.
    private const string Slurm = "SLURM_ARRAY_TASK_ID", Kubernetes = "JOB_COMPLETION_INDEX";

    /// <summary>Reads "3/8", or "8" where the scheduler says which of them this is.</summary>
    public static PartShare Read(string text) => text.Contains('/', StringComparison.Ordinal) ? PartShare.Parse(text)
        : PartShare.Parse($"{Number(Slurm, 0) ?? Number(Kubernetes, 1) ?? throw new BadInputException(
            $"'{text}' does not say which share this is, and neither does {Slurm} nor {Kubernetes}; give both numbers, such as 3/8")}/{text}");

    private static string? Number(string name, int added) => Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? (value + added).ToString(CultureInfo.InvariantCulture)
        : throw new BadInputException($"{name} is '{text}', which is no number; give --part K/N");
}
