using System.Globalization;
using System.Text.Json;
using ForgePrune.Levels;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Baselines;

/// <summary>taylor.json: scores of every layer.</summary>
internal sealed record TaylorFile(IReadOnlyList<TaylorScores> Layers);

/// <summary>LLM-Pruner's rule: first-order Taylor scores by one gradient of the dense model on a little text.</summary>
internal sealed class TaylorRule : RemovalRule
{
    // The authors take ten texts of 64 tokens; more of them only steady the sums.
    private const int Tokens = 8192, AtOnce = 2048;

    private const string Name = "taylor", FileName = "taylor.json";

    public override string Summary => "|weight × gradient|";

    public override bool Trains => true;

    public override IKeptSets Sets(RunContext run, CalibrationResult statistics, TokenWindows text)
    {
        var windows = text.Slice(0, Math.Clamp(Tokens / text.Length, 1, text.Count));
        (string, string)[] settings = [("at once", AtOnce.ToString(CultureInfo.InvariantCulture))];
        var result = run.Stage(Name, run.Key([TaylorScores.Format], [("model", run.Dense.ContentHash), ("windows", windows.Hash)], settings), folder =>
        {
            run.Progress.Report(Name, 0, 1);
            var parameters = new DecoderParameters(run.Dense);
            var gradients = TextGradient.Of(parameters, windows, Math.Max(1, AtOnce / windows.Length), run.Settings.Threads);
            var file = new TaylorFile([.. Enumerable.Range(0, run.Dense.Config.Layers.Count).Select(layer => TaylorScores.Of(parameters, gradients, layer))]);
            File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(file, MethodJson.Default.TaylorFile));
            run.Progress.Report(Name, 1, 1);
        });
        return TaylorScores.Sets(JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), MethodJson.Default.TaylorFile)!.Layers);
    }
}
