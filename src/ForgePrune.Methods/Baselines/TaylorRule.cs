using System.Globalization;
using ForgePrune.Levels;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Training;

namespace ForgePrune.Methods.Baselines;

/// <summary>taylor.json: scores of every layer.</summary>
internal sealed record TaylorFile(IReadOnlyList<TaylorScores> Layers)
{
    public static JsonFile<TaylorFile> Json { get; } = new("taylor.json", MethodJson.Default.TaylorFile);
}

/// <summary>LLM-Pruner's rule: first-order Taylor scores by one gradient of the dense model on a little text.</summary>
internal sealed class TaylorRule : RemovalRule
{
    // The authors take ten texts of 64 tokens; more of them only steady the sums.
    private const int Tokens = 8192;

    private const string Name = "taylor";

    public override string Summary => "|weight × gradient|";

    public override bool TakesGradient => true;

    public override bool ReadsLevels => false;

    public override IKeptSets Sets(RunContext run, CalibrationResult statistics, CalibrationText text)
    {
        var windows = text.Known.Slice(0, Math.Clamp(Tokens / text.Known.Length, 1, text.Known.Count));
        (string, string)[] settings = [("at once", TextGradient.TokensAtOnce.ToString(CultureInfo.InvariantCulture))];
        var key = run.Key([TaylorScores.Format], [("model", run.Dense.ContentHash), ("windows", windows.Hash)], settings);
        var scores = run.Stage(Name, key, TaylorFile.Json, () =>
        {
            run.Progress.Report(Name, 0, 1);
            var parameters = new DecoderParameters(run.Dense);
            var atOnce = Math.Max(1, TextGradient.TokensAtOnce / windows.Length);
            var gradients = TextGradient.Of(parameters, windows, atOnce, run.Settings.Threads, run.Share(Name));
            return new TaylorFile([.. Enumerable.Range(0, run.Dense.Config.Layers.Count).Select(layer => TaylorScores.Of(parameters, gradients, layer))]);
        });
        return TaylorScores.Sets(scores.Layers);
    }
}
