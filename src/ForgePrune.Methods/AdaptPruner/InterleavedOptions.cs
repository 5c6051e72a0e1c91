using ForgePrune.Training;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>How pruning and training take turns.</summary>
/// <param name="Stages">Cuts, each with its training; 1 cuts once.</param>
/// <param name="Training">Of all stages together; null only cuts.</param>
/// <param name="Seed">Of the text that each cut looks at.</param>
/// <param name="CutTokens">Text of one step of a cut, rounded down to whole windows, at least one.</param>
internal sealed record InterleavedOptions(int Stages, RecoveryOptions? Training, long Seed, int CutTokens = 2048)
{
    /// <summary>About a twentieth of the prunable cost goes in each stage: the authors found the gain of smaller stages to end there.</summary>
    public const double UsualShare = 0.05;

    /// <summary>Most stages on offer.</summary>
    public const int MostStages = 100;

    /// <summary>Stages of <see cref="UsualShare"/>.</summary>
    /// <param name="removed">Share of the prunable cost that goes.</param>
    public static int UsualStages(double removed) => Math.Clamp((int)Math.Round(removed / UsualShare), 1, MostStages);

    /// <summary>Steps that are done after a stage: later stages train longer, stage s of N its 2s/(N(N+1)) of all steps.</summary>
    /// <param name="stage">From 1.</param>
    public int StepsUntil(int stage, int steps) => (int)Math.Round(steps * (stage * (stage + 1.0)) / (Stages * (Stages + 1.0)));

    /// <summary>The most that the model may cost after a stage: each takes as much.</summary>
    public double Budget(int stage, double dense, double budget) => stage == Stages ? budget : dense - ((dense - budget) * stage / Stages);
}
