using System.Reflection;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline;

/// <summary>What all stages in one folder share: where their results lie, what every key holds, what computes, and who is told. A stage whose result is there
/// is read; any other runs.</summary>
/// <param name="threads">Threads of the work on the processor.</param>
internal abstract class StageContext(
    RunFolder folder, IServingRuntime runtime, IPruningDevice compute, int threads, long seed, IProgressReport progress, CancellationToken stop)
{
    private const int WholeShare = 100;

    public RunFolder Folder { get; } = folder;

    /// <summary>What runs blocks and exported models.</summary>
    public IServingRuntime Runtime { get; } = runtime;

    /// <summary>What exported models depend on beside all else, for the keys of stages that write, run or time them. Nothing on the processor, so that what was
    /// made before there was a choice stays known.</summary>
    public (string Name, string Value)[] Serving => Runtime.Provider == ServingProvider.Cpu ? [] : [("provider", Runtime.Provider.Kind)];

    /// <summary>Where Grams, levels and refits are computed; forward passes are the runtime's.</summary>
    public IPruningDevice Compute { get; } = compute;

    public IProgressReport Progress { get; } = progress;

    public CancellationToken Stop { get; } = stop;

    /// <summary>Versions of everything that decides bytes and times.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; } = VersionsOf(runtime);

    /// <summary>As <see cref="Versions"/>, for whoever keeps results of whole runs. A build of another commit with the same version is the same.</summary>
    public static IReadOnlyDictionary<string, string> VersionsOf(IServingRuntime runtime) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["forgeprune"] = typeof(StageContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
        [runtime.Name] = runtime.Version,
    };

    /// <summary>Where it runs, as far as it changes bits: wider vectors add in another order.</summary>
    public string Device => $"cpu, {threads} threads, {Implementations.Current}"
        + (Compute is CpuDevice ? "" : $"; Grams, levels and refits on {Compute.Name}")
        + (Runtime.ForwardPass is { } pass ? $"; forward passes {pass}" : "")
        + (Runtime.Provider == ServingProvider.Cpu ? "" : "; predictions judged on cuda");

    /// <summary>Seconds of every stage so far, as its own run took them.</summary>
    public SortedDictionary<string, double> Seconds { get; } = new(StringComparer.Ordinal);

    /// <summary>What needed more damping than usual in the stages so far; empty in all but degenerate cases.</summary>
    public List<RaisedDamping> RaisedDamping { get; } = [];

    /// <param name="formats">Of every piece of work that the stage does.</param>
    /// <param name="inputs">Name and hash of everything it reads.</param>
    /// <param name="settings">Name and value of everything that changes its result.</param>
    public StageKey Key(
        IEnumerable<StageFormat> formats, IEnumerable<(string Name, string Hash)> inputs, IEnumerable<(string Name, string Value)> settings) =>
        StageKey.Of(formats, inputs, settings, Versions, seed, Device);

    /// <summary>Runs a stage unless its result is there already.</summary>
    public StageResult Stage(string name, StageKey key, Action<string> produce)
    {
        Stop.ThrowIfCancellationRequested();
        return Timed(name, Folder.Stage(name, key, produce, found => NoteResumed(name, found)));
    }

    /// <summary>As <see cref="Stage(string, StageKey, Action{string})"/>, for a stage whose whole result is one JSON file.</summary>
    /// <returns>The content of the file.</returns>
    public T Stage<T>(string name, StageKey key, JsonFile<T> file, Func<T> produce)
        where T : class => file.Read(Stage(name, key, folder => file.Write(folder, produce())).Folder);

    /// <summary>As <see cref="Stage(string, StageKey, Action{string})"/>, for work that leaves sealed file after sealed file: interrupted, it resumes behind
    /// the last.</summary>
    public StageResult ItemStage(string name, StageKey key, Action<string> produce)
    {
        Stop.ThrowIfCancellationRequested();
        return Timed(name, Folder.ItemStage(name, key, folder =>
        {
            Adopted(name, PartFolder.Of(Folder, name, key).MoveTo(folder));
            produce(folder);
        }, found => NoteResumed(name, found)));
    }

    /// <summary>Says how many items of a stage other processes have made.</summary>
    public void Adopted(string stage, int parts)
    {
        if (parts > 0)
            Progress.Note($"{stage}: {(parts == 1 ? "1 part was" : $"{parts} parts were")} made by other processes");
    }

    /// <summary>The stage's result where it is there already; null where it has to be made.</summary>
    public StageResult? Find(string name, StageKey key) => Folder.Find(name, key) is { } found ? Timed(name, found) : null;

    /// <summary>Reports shares of one stage as it proceeds. Every report is also a place to stop.</summary>
    /// <param name="from">Share of the stage at which the part begins that is reported.</param>
    /// <param name="to">Share at which it ends.</param>
    public IProgress<double> Share(string stage, string message = "", double from = 0, double to = 1) => new CallbackProgress<double>(value =>
    {
        Stop.ThrowIfCancellationRequested();
        var done = (long)(WholeShare * (from + (value * (to - from))));
        Progress.Report(stage, done, WholeShare, done < WholeShare ? message : "");
    });

    /// <summary>Records what a stage had to damp more than usual, and says it.</summary>
    public void Damped(IEnumerable<RaisedDamping> raised)
    {
        foreach (var one in raised.Except(RaisedDamping))
        {
            RaisedDamping.Add(one);
            Progress.Note($"{one}");
        }
    }

    /// <summary>The same for one of several models, whose name is then part of the matrix's.</summary>
    public void Damped(string model, IEnumerable<RaisedDamping> raised) => Damped(raised.Select(one => one with { Matrix = $"{model}, {one.Matrix}" }));

    private void NoteResumed(string stage, int found) =>
        Progress.Note($"{stage} goes on: {(found == 1 ? "1 file was" : $"{found} files were")} found done");

    private StageResult Timed(string name, StageResult result)
    {
        Seconds[name] = result.Manifest.Seconds;
        return result;
    }
}
