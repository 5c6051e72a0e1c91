using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Serving;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>What every stage of a study needs beside what stages share.</summary>
internal sealed class StudyContext(
    StudySettings settings, StudyVocabulary vocabulary, StudyText text, RunFolder folder, IServingRuntime runtime, IBlockRunner runner,
    IProgressReport progress, CancellationToken stop)
    : StageContext(folder, runtime, new CpuDevice(settings.Threads), settings.Threads, settings.Seed, progress, stop)
{
    public StudySettings Settings { get; } = settings;

    public StudyVocabulary Vocabulary { get; } = vocabulary;

    public StudyText Text { get; } = text;

    /// <summary>Runs single blocks of every model of the study.</summary>
    public IBlockRunner Runner { get; } = runner;
}
