using ForgePrune.Methods;
using ForgePrune.Pipeline;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>What of a run trains, for its plan of memory and disk.</summary>
internal static class TrainingNeed
{
    /// <summary>Whether weights and gradients, mostly with moments, are held at all.</summary>
    public static bool Trains(PruningMethod method, PruneSettings settings, bool large) =>
        settings.Recovery is not null || method.Removal == RemovalRule.Taylor || Regularizes(method, settings)
        || (CandidateTrainers.Trains(method, settings) && !large);

    /// <summary>Whether cuts are made in the midst of training, with the state before and after them in memory.</summary>
    public static bool Cuts(PruningMethod method) => method.Plan == PlanRule.Interleaved;

    /// <summary>What to do, beside raising the limit, where memory does not allow it.</summary>
    public static string Cure(PruningMethod method, PruneSettings settings) =>
        method.Removal == RemovalRule.Taylor ? "take another `Method`"
        : settings.Recovery is not null ? "leave `Recovery` out"
        : Regularizes(method, settings) ? "give `RegularizeTokens` 0"
        : "give `SelectionTokens` 0";

    private static bool Regularizes(PruningMethod method, PruneSettings settings) => method.Regularizes && settings.RegularizeTokens > 0;
}
