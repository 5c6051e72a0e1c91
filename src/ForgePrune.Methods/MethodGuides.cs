using ForgePrune.Errors;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.Dress;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Methods.ZipLM;

namespace ForgePrune.Methods;

/// <summary>The guides of all methods and studies.</summary>
public static class MethodGuides
{
    /// <summary>All of them, the method of ForgePrune itself first.</summary>
    public static IReadOnlyList<MethodGuide> All { get; } =
    [
        ForgePruneGuide.Page, .. BaselineGuides.Pages, SelfPrunerGuide.Page, DarwinLMGuide.Page, ZipLMGuide.Page, AdaptPrunerGuide.Page, DressGuide.Page,
        TrainLargeGuide.Page,
    ];

    /// <summary>The page of a method, by any of its names, or of a study.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static MethodGuide Find(string name)
    {
        if (All.FirstOrDefault(guide => guide.Name == name) is { } named)
            return named;
        var method = MethodCatalog.Find(name).Name;
        return All.First(guide => guide.Methods.Contains(method));
    }

    /// <summary>The methods that take the option of that name; none where it belongs to no method.</summary>
    public static IReadOnlyList<string> Taking(string option) =>
        [.. All.SelectMany(guide => guide.Options.Where(one => one.Name == option).SelectMany(guide.Taking)).Distinct()];
}
