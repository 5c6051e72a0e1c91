using System.Globalization;

namespace ForgePrune.Refit;

/// <summary>Experts that a final refit left alone because too few tokens pass them.</summary>
internal static class ExpertNote
{
    private const int MostNamed = 5;

    /// <summary>One sentence that names them; null where there are none.</summary>
    public static string? Of(RefittedModel refitted)
    {
        var all = refitted.Experts.SelectMany(block => block.Value.Select(one => (Block: block.Key, one.Expert, one.Fit))).ToArray();
        var few = all.Where(one => one.Fit.Few).OrderBy(one => one.Fit.Tokens).ToArray();
        if (few.Length == 0)
            return null;
        var named = few.Take(MostNamed).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Block} expert {one.Expert} {one.Fit.Tokens:N0}"));
        return string.Create(CultureInfo.InvariantCulture, $"the final refit leaves {few.Length:N0} of {all.Length:N0} experts the weights of their level, ")
            + $"since few tokens pass them in the pruned model ({string.Join(", ", named)}{(few.Length > MostNamed ? ", …" : "")}); "
            + "more text fits more of them (`Tokens`)";
    }
}
