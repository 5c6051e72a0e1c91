using ForgePrune.Pipeline.Stages;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline;

/// <summary>Makes a pruned model within a budget, by whatever a method does.</summary>
internal interface IPruningStrategy
{
    /// <param name="attempt">Counts searches of one run: a missed speed-up is searched again with a corrected budget.</param>
    /// <param name="latencyHash">Content of the measured table, where the metric needs one.</param>
    ChosenModel Make(int attempt, ICostModel cost, double budget, string latencyHash);

    /// <summary>Lets go of what only making would want, before whole models are loaded.</summary>
    void Forget();
}

/// <param name="Plan">The shapes.</param>
/// <param name="Made">What the model is made from, beside the shapes: by name and hash.</param>
/// <param name="Pruned">The model; made when it is first asked for.</param>
internal sealed record ChosenModel(PlanFile Plan, (string Name, string Hash)[] Made, Lazy<PrunedModel> Pruned);
