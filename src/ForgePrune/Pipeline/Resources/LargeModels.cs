using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline.Resources;

/// <summary>From which size on a run takes the ways of large models: one search without refinement, no contest, one refit, and a
/// bounded evaluation; and from which on models are timed one after the other.</summary>
/// <param name="Weights">More prunable weights than this.</param>
/// <param name="Served">Models are timed one after the other where both together take more bytes than this, even if there is memory for more.</param>
internal sealed record LargeModels(double Weights, long Served)
{
    public static LargeModels Usual { get; } = new(SearchEffort.LargeFrom, long.MaxValue);

    public bool Includes(ModelConfig config) => new PrunableCost(config).Of(new Plan(config.Layers)) > Weights;
}
