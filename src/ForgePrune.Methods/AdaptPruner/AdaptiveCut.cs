using ForgePrune.Forward;
using ForgePrune.Levels;
using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>Adapt-Pruner's cut: small steps, each with importances and Taylor scores measured anew on what the step before left, and on other text.</summary>
/// <param name="space">The dense model's levels.</param>
/// <param name="runner">Runs blocks of the dense model's widths and of any smaller.</param>
internal sealed class AdaptiveCut(ModelConfig dense, BudgetedSpace space, IBlockRunner runner, TokenWindows text, InterleavedOptions options, int threads)
{
    private readonly AdaptiveSparsity rule = new(space);
    private readonly WindowOrder order = new(text.Count, options.Seed);

    /// <param name="state">Is left as it is.</param>
    /// <param name="at">What it has lost so far.</param>
    /// <param name="steps">Of all cuts before.</param>
    /// <param name="budget">That the result keeps.</param>
    /// <param name="heard">Told the cost after each step; what it throws ends the cut.</param>
    public CutModel Run(OptimizerState state, AdaptiveState at, int steps, double budget, Action<double> heard)
    {
        var kept = state.Parameters.Layout.Config.Layers.Select(KeptUnits.All).ToArray();
        double[] importance = [.. at.Lost.Select(_ => 0.0)];
        while (rule.Cost(at.Indices) > budget)
        {
            heard(rule.Cost(at.Indices));
            var sample = Sample(steps++);
            using (var model = state.Parameters.ToModel())
                importance = AdaptiveSparsity.Importance(BlockInfluence.Of(model, runner, sample));
            var next = rule.Next(at, importance, budget);
            if (!next.Indices.SequenceEqual(at.Indices))
            {
                var shapes = space.Space.PlanOf(next.Indices).Layers;
                var sets = GivenSets.Of(shapes, Sets(state.Parameters, sample));
                state = new ParameterGather(state.Parameters.Layout, shapes, sets).Apply(state);
                kept = [.. kept.Zip(sets.Layers, (before, after) => before.Then(after))];
            }

            at = next;
        }

        return new CutModel(state, at, kept, importance, steps);
    }

    private LayerKeptSets Sets(DecoderParameters parameters, TokenWindows sample)
    {
        var gradients = TextGradient.Of(parameters, sample, sample.Count, threads);
        return TaylorScores.Sets(Enumerable.Range(0, dense.Layers.Count).Select(layer => TaylorScores.Of(parameters, gradients, layer)));
    }

    private TokenWindows Sample(int step)
    {
        var count = Math.Clamp(options.CutTokens / text.Length, 1, text.Count);
        return new(text.Length, [.. Enumerable.Range(0, count).SelectMany(window => text.Window(order.At(((long)step * count) + window)).ToArray())]);
    }
}

/// <summary>What a cut left.</summary>
/// <param name="State">Weights and moments, gathered.</param>
/// <param name="Kept">Of the model as it was before the cut.</param>
/// <param name="Importance">Of every layer in the last step.</param>
/// <param name="Steps">Of all cuts until here.</param>
internal sealed record CutModel(OptimizerState State, AdaptiveState At, IReadOnlyList<KeptUnits> Kept, double[] Importance, int Steps);
