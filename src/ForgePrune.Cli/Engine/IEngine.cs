using ForgePrune.Methods.TrainLarge;
using ForgePrune.Pipeline;
using ForgePrune.Progress;

namespace ForgePrune.Cli.Engine;

/// <summary>What the verbs ask of the rooms below. Every method throws ForgePruneException for what the user can mend.</summary>
internal interface IEngine
{
    ModelFacts Inspect(string model);

    PruneOutcome Prune(PruneSettings settings, IProgressReport progress, CancellationToken stop);

    EvalFigures Evaluate(EvalSettings settings, IProgressReport progress, CancellationToken stop);

    IReadOnlyList<TaskFigures> Ask(TaskSettings settings, IProgressReport progress, CancellationToken stop);

    BenchFigures Bench(BenchSettings settings, IProgressReport progress, CancellationToken stop);

    /// <summary>Continues a prompt greedily; <paramref name="write"/> gets the text as it grows, <paramref name="note"/> remarks before it.</summary>
    Generation Generate(GenerateSettings settings, Action<string> write, Action<string> note, CancellationToken stop);

    ExportFigures Export(ExportSettings settings, IProgressReport progress, CancellationToken stop);

    StudyFigures Study(StudySettings settings, IProgressReport progress, CancellationToken stop);

    RuntimeFacts Runtime();
}
