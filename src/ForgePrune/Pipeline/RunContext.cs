using System.Reflection;
using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>What every stage of one run needs: the dense model, the runner, the folder, and how results are keyed.</summary>
internal sealed class RunContext : IDisposable
{
    private readonly Lazy<IBlockRunner> runner;
    private readonly Lazy<Companions> companions;
    private readonly List<IDisposable> held = [];

    public RunContext(
        PruneSettings settings, LargeModels sizes, CheckpointModel dense, RunFolder folder, IServingRuntime runtime, IPruningDevice compute, IProgressReport progress,
        CancellationToken stop)
    {
        (Runtime, Compute, Versions) = (runtime, compute, VersionsOf(runtime));
        (Settings, Sizes, Dense, Folder, Progress, Stop) = (settings, sizes, dense, folder, progress, stop);
        companions = new(() => Companions.Of(dense));
        runner = new(() => runtime.Runner(dense.Config, settings.Threads, keepsMemory: !Large));
    }

    public PruneSettings Settings { get; }

    public LargeModels Sizes { get; }

    public CheckpointModel Dense { get; }

    /// <summary>What lies beside the dense model's weights.</summary>
    public Companions Companions => companions.Value;

    /// <summary>The dense model's; null where it has none, or none that can be read and this run needs none.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Whether the dense model counts as large.</summary>
    public bool Large => Sizes.Includes(Dense.Config);

    public RunFolder Folder { get; }

    /// <summary>Where Grams, levels and refits are computed; the forward passes stay on the processor.</summary>
    public IPruningDevice Compute { get; }

    /// <summary>What runs blocks and exported models.</summary>
    public IServingRuntime Runtime { get; }

    public IProgressReport Progress { get; }

    public CancellationToken Stop { get; }

    /// <summary>How plans are refitted, in the contest and at the end.</summary>
    public FinalRefitOptions RefitOptions => new() { Affine = Settings.Affine };

    /// <summary>Runs single blocks of the dense model and of everything pruned from it.</summary>
    public IBlockRunner Runner => runner.Value;

    /// <summary>Keeps what a stage opened until the run ends.</summary>
    public T Hold<T>(T opened)
        where T : IDisposable
    {
        held.Add(opened);
        return opened;
    }

    /// <summary>Gives memory back that only the next block would want, for a whole model that is loaded next.</summary>
    public void Rest()
    {
        if (runner.IsValueCreated)
            runner.Value.Rest();
        LargeArrays.GiveBack();
    }

    /// <summary>What needed more damping than usual in the stages so far; empty in all but degenerate cases.</summary>
    public List<RaisedDamping> RaisedDamping { get; } = [];

    /// <summary>Takes down what a stage had to damp more than usual, and says it.</summary>
    public void Damped(IEnumerable<RaisedDamping> raised)
    {
        foreach (var one in raised.Except(RaisedDamping))
        {
            RaisedDamping.Add(one);
            Progress.Note($"{one}");
        }
    }

    /// <summary>Seconds of every stage so far, as its own run took them.</summary>
    public SortedDictionary<string, double> Seconds { get; } = new(StringComparer.Ordinal);

    /// <summary>Where it runs, with what changes its bits.</summary>
    public string Device => Cpu(Settings.Threads) + (Compute is CpuDevice ? "" : $"; Grams, levels and refits on {Compute.Name}");

    /// <summary>Of everything that decides bytes and times.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; }

    public static SortedDictionary<string, string> VersionsOf(IServingRuntime runtime) => new(StringComparer.Ordinal)
    {
        ["forgeprune"] = typeof(RunContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
        [runtime.Name] = runtime.Version,
    };

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
        return Timed(name, Folder.Stage(name, key, produce, found => NoteResumed(Progress, name, found)));
    }

    /// <summary>As <see cref="Stage"/>, for work that leaves sealed file after sealed file: broken off, it goes on behind the last.</summary>
    public StageResult ItemStage(string name, StageKey key, Action<string> produce)
    {
        Stop.ThrowIfCancellationRequested();
        return Timed(name, Folder.ItemStage(name, key, produce, found => NoteResumed(Progress, name, found)));
    }

    /// <summary>The stage's result where it is there already; null where it has to be made.</summary>
    public StageResult? Find(string name, StageKey key) => Folder.Find(name, key) is { } found ? Timed(name, found) : null;

    /// <summary>Reports shares of one stage as it goes. Every report is also a place to stop.</summary>
    /// <param name="from">Share of the stage at which the part begins that is reported.</param>
    /// <param name="to">Share at which it ends.</param>
    public IProgress<double> Share(string stage, string message = "", double from = 0, double to = 1) =>
        new ShareReport(Progress, Stop, stage, message, from, to);

    /// <summary>Says that a stage does not begin at its beginning.</summary>
    public static void NoteResumed(IProgressReport progress, string stage, int found) =>
        progress.Note($"{stage} goes on: {(found == 1 ? "1 file was" : $"{found} files were")} found done");

    /// <summary>The processor as far as it changes bits: wider vectors add in another order.</summary>
    public static string Cpu(int threads) => $"cpu, {threads} threads, {Implementations.Current}";

    public void Dispose()
    {
        foreach (var opened in held)
            opened.Dispose();
        if (runner.IsValueCreated)
            runner.Value.Dispose();
    }

    private StageResult Timed(string name, StageResult result)
    {
        Seconds[name] = result.Manifest.Seconds;
        return result;
    }

    // Progress<T> would hand reports to the thread pool, out of order.
    private sealed class ShareReport(IProgressReport progress, CancellationToken stop, string stage, string message, double from, double to) : IProgress<double>
    {
        private const int Whole = 100;

        public void Report(double value)
        {
            stop.ThrowIfCancellationRequested();
            var done = (long)(Whole * (from + (value * (to - from))));
            progress.Report(stage, done, Whole, done < Whole ? message : "");
        }
    }
}
