using ForgePrune.Methods;
using ForgePrune.Methods.Dress;
using ForgePrune.Pipeline;

namespace ForgePrune.Cli.Verbs;

/// <summary>A method in one row.</summary>
/// <param name="Aliases">Further names.</param>
/// <param name="Paper">First author and year; null where there is no single paper.</param>
/// <param name="Removes">What decides which structures are removed.</param>
/// <param name="Plan">What decides how much every layer keeps.</param>
/// <param name="Trains">When it trains; null where it does not.</param>
internal sealed record MethodFacts(string Name, IReadOnlyList<string> Aliases, string? Paper, string Removes, bool Refits, string Plan, string? Trains)
{
    public static IReadOnlyList<MethodFacts> All() => [.. MethodCatalog.All.Select(Of)];

    private static MethodFacts Of(PruningMethod method)
    {
        var paper = method == MethodCatalog.Default ? null : MethodGuides.Find(method.Name).Papers[0].Short;
        string[] aliases = [.. MethodCatalog.Aliases.Where(alias => alias.Value == method.Name).Select(alias => alias.Key)];
        return new MethodFacts(
            method.Name, aliases, paper, method.RemovedBy, method.Refits || method is DressMethod, method.PlannedBy, method.TrainedWhen);
    }
}
