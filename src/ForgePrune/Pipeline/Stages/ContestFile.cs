using System.Text.Json.Serialization;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Refit;

namespace ForgePrune.Pipeline.Stages;

/// <summary>contest.json: what each plan gave after a refit.</summary>
internal sealed record ContestFile(IReadOnlyList<Candidate> Contenders, string Chosen)
{
    public static JsonFile<ContestFile> Json { get; } = new("contest.json", PipelineJson.Default.ContestFile);
}

/// <param name="Kl">Mean KL(dense ‖ pruned) on the selection windows, nats per token, with the best factor on the logits.</param>
/// <param name="LogitScale">That factor.</param>
/// <param name="Refitted">Whether the refit made it better; where it did not, the levels stay as the search saw them.</param>
/// <param name="Before">The divergence without a refit.</param>
/// <param name="Blocks">How every block was fitted.</param>
internal sealed record Candidate(string Name, IReadOnlyList<LayerShape> Layers, double Cost, double Kl, double LogitScale, bool Refitted, double Before,
    IReadOnlyList<BlockFit> Blocks);

/// <summary>How one block of a refit was fitted: chosen on text that it was not fitted to.</summary>
/// <param name="Block">The name of its output projection.</param>
/// <param name="Input">The damping of the map in front of it; null for no map.</param>
/// <param name="Output">The damping of its output projection; null where the weights of its level were better.</param>
internal sealed record BlockFit(string Block, double? Input, double? Output)
{
    /// <summary>Of a block of experts, those that stay; absent of others.</summary>
    public IReadOnlyList<FittedExpert>? Experts { get; init; }

    /// <summary>What a refit by the same choices is given.</summary>
    [JsonIgnore]
    public BlockChoice Choice => new(Input, Output) { Experts = Experts?.Select(expert => expert.Output).ToArray() };

    public static IReadOnlyList<BlockFit> Of(RefittedModel refitted) => [.. refitted.Choices.Select(choice =>
        new BlockFit(choice.Key, choice.Value.Input, choice.Value.Output)
        {
            Experts = refitted.Experts.GetValueOrDefault(choice.Key)?
                .Select(one => new FittedExpert(one.Expert, one.Fit.Tokens, one.Fit.Fraction, one.Fit.Few)).ToArray(),
        })];
}

/// <summary>How one expert of a refit was fitted.</summary>
/// <param name="Expert">Its index in the dense block.</param>
/// <param name="Tokens">The tokens of the text that passed it in the pruned network.</param>
/// <param name="Output">The damping of its down_proj; null where the weights of its level stay.</param>
/// <param name="Few">Whether they stay because too few tokens passed it.</param>
internal sealed record FittedExpert(int Expert, long Tokens, double? Output, bool Few);

/// <param name="Plan">Null where moves around the best plan lead nowhere.</param>
internal sealed record Revision(PlanStage? Plan);
