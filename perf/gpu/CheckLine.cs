namespace ForgePrune.GpuPerf;

/// <summary>An answer beside the one that is expected.</summary>
/// <param name="Difference">The largest that was seen.</param>
/// <param name="Allowed">The largest that is right.</param>
/// <param name="LeftOut">Why it was not checked; null where it was.</param>
internal sealed record CheckLine(string What, double Difference, double Allowed, string? LeftOut = null)
{
    // The negation lets NaN count.
    public bool IsWrong => LeftOut is null && !(Difference <= Allowed);

    public string Text => LeftOut is null
        ? FormattableString.Invariant($"- {(IsWrong ? "WRONG" : "right")}: {What}: {Difference:g3}, allowed {Allowed:g3}")
        : $"- left out: {What}: {LeftOut}";
}
