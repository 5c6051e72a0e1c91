using System.Globalization;
using ForgePrune.Serving;

namespace ForgePrune.Methods.Comparison;

/// <param name="Out">Folder of the comparison: one run folder for each cell.</param>
/// <param name="Cells">In order.</param>
/// <param name="Tasks">Asked of the dense model and of every pruned one; null for none. Its model is the dense one.</param>
internal sealed record ComparisonSettings(string Model, string Out, IReadOnlyList<ComparisonCell> Cells, TaskSettings? Tasks);

/// <summary>One method at one target with one seed.</summary>
/// <param name="Target">As it was typed.</param>
/// <param name="Settings">Of the run that it is.</param>
internal sealed record ComparisonCell(string Method, string Target, PruneSettings Settings)
{
    public string Name => Folder(Method, Target, Settings.Seed);

    public static string Folder(string method, string target, long seed) => $"{method}-{target.Trim()}-{seed.ToString(CultureInfo.InvariantCulture)}";
}
