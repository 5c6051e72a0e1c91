using System.Globalization;
using System.Text.Json;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Refit;

namespace ForgePrune.Pipeline.Stages;

/// <summary>Refits the chosen plan once more, on the pruned network's own activations and on all text but what judges. What the selection text decided, how
/// each block is fitted, the factor on the logits and whether to refit at all, stays.</summary>
internal sealed class RefitStage(RunContext run, PlannedMethod method, MethodLevels levels, CalibrationResult statistics, CalibrationText text)
{
    /// <param name="winner">What the plan gave on the selection windows; null where the method does not refit.</param>
    /// <param name="finished">The refit that stays where there is time for one only; null makes it.</param>
    public PrunedModel Run(Plan plan, Candidate? winner, RefittedModel? finished)
    {
        if (winner is null)
            return new PrunedModel(CompactModel.Build(run.Dense, plan, levels.Settled), run.Dense, levels.Sets);
        var scale = new LogitScale(winner.LogitScale, winner.Kl);
        if (finished is not null)
            return Of(finished);
        var searched = CompactModel.Build(run.Dense, plan, levels.Last(run, statistics));
        if (!winner.Refitted)
            return new PrunedModel(scale.Apply(searched), run.Dense, levels.Sets);
        var choices = winner.Blocks.ToDictionary(block => block.Block, block => block.Choice);
        var options = run.RefitOptions with
        {
            Choices = new FixedChoices(block => choices[block], string.Join(' ', choices.OrderBy(choice => choice.Key, StringComparer.Ordinal)),
                levels.Last(run, statistics)),
        };
        var key = run.Key([FinalRefit.Format],
            [("model", run.Dense.ContentHash), ("levels", statistics.Hash(method)), ("windows", text.Known.Hash)],
            [("plan", JsonSerializer.Serialize(plan.Layers)), ("method", method.Name), ("refit", options.ToString()),
                ("scale", scale.Factor.ToString("R", CultureInfo.InvariantCulture))]);
        var result = run.ItemStage("refit", key, folder => FinalRefit.Run(
            run.Dense, searched.Config, levels.Sets, run.Runner, text.Known, options, folder, run.Compute, run.Share("refit"), run.Stop));
        return Of(RefittedModel.Open(run.Dense, searched.Config, levels.Sets, text.Known, options, result.Folder, run.Compute.Threads));

        PrunedModel Of(RefittedModel refitted)
        {
            run.Damped(refitted.RaisedDamping);
            if (ExpertNote.Of(refitted) is { } few)
                run.Progress.Note(few);
            return new PrunedModel(scale.Apply(refitted.Model), refitted.Unpruned, levels.Sets);
        }
    }
}

/// <summary>The pruned model before it is written.</summary>
/// <param name="Unpruned">What it keeps a part of: the dense model, with what the refit put in front of its blocks.</param>
/// <param name="Sets">What it keeps.</param>
/// <param name="Recovered">The same shapes after training; null where there was none.</param>
internal sealed record PrunedModel(IDecoderModel Model, IDecoderModel Unpruned, IKeptSets Sets, IDecoderModel? Recovered = null)
{
    /// <summary>Cuts and trainings in turn that made it; null for methods that prune first and train afterwards.</summary>
    public InterleavedSummary? Interleaved { get; init; }

    /// <summary>Regularisation before its cut; null for methods without it.</summary>
    public RegularizationSummary? Regularization { get; init; }

    /// <summary>What is written.</summary>
    public IDecoderModel Served => Recovered ?? Model;
}
