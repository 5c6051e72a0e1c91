using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Progress;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Pipeline;

/// <summary>Reads the dense model's tokenizer once, before any work: one that cannot be read should end a run at its beginning, and only a run
/// that needs it.</summary>
internal static class RunTokenizer
{
    /// <returns>Null where the model has none, or none that can be read and the run reads no text; the latter is said.</returns>
    /// <exception cref="BadInputException">A text is to be read, and the tokenizer cannot be.</exception>
    public static Tokenizer? Load(PruneSettings settings, CheckpointModel dense, IProgressReport progress)
    {
        string?[] files = [settings.Calibration, settings.Evaluation, settings.Recovery?.Text];
        try
        {
            return ModelTokenizer.Of(dense);
        }
        catch (BadInputException fault) when (files.All(file => file is null || Windows.HoldIds(file)))
        {
            progress.Note($"the tokenizer cannot be read, and no text has to be: the run does without and leaves out the sample texts ({fault.Message.TrimEnd('.')})");
            return null;
        }
    }
}
