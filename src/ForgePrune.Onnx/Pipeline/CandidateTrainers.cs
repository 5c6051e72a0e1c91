using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Pipeline;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>What a run's settings make of a method whose authors train candidates before selection.</summary>
internal static class CandidateTrainers
{
    /// <summary>Whether candidates will be trained.</summary>
    public static bool Trains(PruningMethod method, PruneSettings settings) => method.TrainsCandidates && settings.SelectionTokens > 0;

    /// <summary>What changes the plan.</summary>
    public static string Key(PruningMethod method, PruneSettings settings) => Trains(method, settings)
        ? string.Create(CultureInfo.InvariantCulture, $"{settings.SelectionTokens} tokens at {CandidateTraining.Rate}")
        : NoTrainer.Instance.Name;

    /// <summary>Of the work that training candidates is.</summary>
    public static IEnumerable<StageFormat> Formats(PruningMethod method, PruneSettings settings) => Trains(method, settings) ? [RecoveryTrainer.Format] : [];

    /// <param name="measured">The first so many windows of the text are what selection measures; the rest is trained on.</param>
    public static ICandidateTrainer Of(RunContext run, PruningMethod method, ILevelSource levels, TokenWindows text, int measured)
    {
        // The search of a large model has no generations: there is nothing to select.
        if (!Trains(method, run.Settings) || run.Large)
        {
            var why = run.Large ? "a model of this size is not searched by generations" : "the authors train each for a moment first";
            run.Progress.Note($"candidates are selected without training them (candidate training: {NoTrainer.Instance.Name}); {why}");
            return NoTrainer.Instance;
        }

        if (text.Count <= measured)
            run.Progress.Note("candidates are trained on the text that selection measures, since there is no other; more `Tokens` would keep them apart");
        return new CandidateTraining(
            run.Dense, levels, text.Count > measured ? text.Slice(measured, text.Count - measured) : text, run.Settings.SelectionTokens,
            run.Settings.Seed, run.Settings.Threads, run.Stop);
    }
}
