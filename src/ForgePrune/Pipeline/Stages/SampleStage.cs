using ForgePrune.Generation;
using ForgePrune.IO;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>samples.json: how both models go on from the same beginnings.</summary>
internal sealed record SampleFile(IReadOnlyList<TextSample> Samples)
{
    public static JsonFile<SampleFile> Json { get; } = new("samples.json", PipelineJson.Default.SampleFile);
}

/// <param name="Prompt">The beginning of an evaluation window.</param>
/// <param name="Dense">What the dense model writes after it, greedily.</param>
public sealed record TextSample(string Prompt, string Dense, string Pruned);

/// <summary>Lets the exported models write, for the report.</summary>
internal static class SampleStage
{
    public const string Name = "samples";

    public static StageFormat Format { get; } = new(Name, 1);

    private const int Samples = 2, PromptTokens = 16, NewTokens = 40;

    /// <returns>Null where there is no tokenizer to read the samples by, or the model does not fit into the memory allowed.</returns>
    public static SampleFile? Run(RunContext run, DenseExport dense, StageResult pruned, TokenWindows evaluation)
    {
        if (run.Tokenizer is not { } tokenizer)
            return null;
        var weights = Math.Max(dense.Weights, SummaryOf.Weights(run, pruned));
        if (!ServingMemory.Fits(run.Settings, weights))
        {
            run.Progress.Note(ServingMemory.Skipped(run.Settings, "writing sample texts", weights));
            return null;
        }

        var key = run.Key([Format],
        [
            ("dense", ExportStages.Computed(run, dense.Written)), ("pruned", ExportStages.Computed(run, pruned)), ("windows", evaluation.Hash),
            ("model", run.Dense.ContentHash), ("tokenizer", run.Companions.Text),
        ], run.Serving);
        return run.Stage(Name, key, SampleFile.Json, () => Write(run, tokenizer, dense.Written, pruned, evaluation));
    }

    private static SampleFile Write(RunContext run, Tokenizer tokenizer, StageResult dense, StageResult pruned, TokenWindows evaluation)
    {
        run.Rest();
        int[][] prompts = [.. Enumerable.Range(0, Math.Min(Samples, evaluation.Count))
            .Select(i => evaluation.Window(i)[..Math.Min(PromptTokens, evaluation.Length / 2)].ToArray())];
        var (before, after) = (Texts(run, dense, prompts, tokenizer, 0), Texts(run, pruned, prompts, tokenizer, 0.5));
        run.Share(Name).Report(1);
        return new SampleFile([.. prompts.Select((prompt, i) => new TextSample(tokenizer.DecodeKnown(Shown(tokenizer, prompt)), before[i], after[i]))]);
    }

    /// <summary>Without the token that begins a text, which readers do not see.</summary>
    private static int[] Shown(Tokenizer tokenizer, int[] prompt) => prompt[0] == tokenizer.BosTokenId ? prompt[1..] : prompt;

    /// <summary>One model at a time is loaded.</summary>
    private static string[] Texts(RunContext run, StageResult model, int[][] prompts, Tokenizer tokenizer, double done)
    {
        run.Share(Name, "texts by both models").Report(done);
        using var decoder = run.Runtime.Open(model.Folder, run.Settings.Threads);
        var ends = run.Dense.Config.EosTokenIds;
        // Decoded with their prompt: a tokenizer may drop the space before the first token it is given.
        return [.. prompts.Select(prompt => tokenizer.DecodeKnown([.. prompt,
                .. decoder.Continue(prompt, NewTokens, TokenSampler.Greedy(), [.. ends]).TakeWhile(id => !ends.Contains(id))])[tokenizer
                    .DecodeKnown(prompt).Length..])];
    }
}
