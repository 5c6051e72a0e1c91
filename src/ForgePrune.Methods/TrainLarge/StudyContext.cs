using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Serving;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>What every stage of a study needs.</summary>
internal sealed record StudyContext(
    StudySettings Settings, StudyVocabulary Vocabulary, StudyText Text, RunFolder Folder, IServingRuntime Runtime, IBlockRunner Runner, IProgressReport Progress,
    CancellationToken Stop)
{
    /// <summary>Where Grams, levels and refits are computed.</summary>
    public IPruningDevice Compute { get; } = new CpuDevice(Settings.Threads);

    /// <summary>Of everything that decides bytes.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; } = RunContext.VersionsOf(Runtime);

    /// <summary>With what changes its bits.</summary>
    public string Device => RunContext.Cpu(Settings.Threads);

    /// <param name="formats">Of every piece of work that the stage does.</param>
    /// <param name="inputs">Name and hash of everything it reads.</param>
    /// <param name="settings">Name and value of everything that changes its result.</param>
    public StageKey Key(
        IEnumerable<StageFormat> formats, IEnumerable<(string Name, string Hash)> inputs, IEnumerable<(string Name, string Value)> settings) =>
        StageKey.Of(formats, inputs, settings, Versions, Settings.Seed, Device);

    /// <summary>Runs a stage unless its result is there already.</summary>
    public StageResult Stage(string name, StageKey key, Action<string> produce)
    {
        Stop.ThrowIfCancellationRequested();
        return Folder.Stage(name, key, produce, found => RunContext.NoteResumed(Progress, name, found));
    }

    /// <summary>Says what had to be damped more than usual.</summary>
    public void Damped(string stage, IEnumerable<RaisedDamping> raised)
    {
        foreach (var one in raised)
            Progress.Note($"{stage}, {one}");
    }

    /// <inheritdoc cref="RunContext.ItemStage"/>
    public StageResult ItemStage(string name, StageKey key, Action<string> produce)
    {
        Stop.ThrowIfCancellationRequested();
        return Folder.ItemStage(name, key, produce, found => RunContext.NoteResumed(Progress, name, found));
    }
}
