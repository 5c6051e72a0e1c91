using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>What every stage of one run needs: the settings, the dense model and its runner, beside what stages share.</summary>
internal sealed class RunContext : StageContext, IDisposable
{
    private readonly Lazy<IBlockRunner> runner, exact;
    private readonly Lazy<Companions> companions;
    private readonly List<IDisposable> held = [];

    public RunContext(
        PruneSettings settings, LargeModels sizes, CheckpointModel dense, RunFolder folder, IServingRuntime runtime, IPruningDevice compute,
            IProgressReport progress,
        CancellationToken stop)
        : base(folder, runtime, compute, settings.Threads, settings.Seed, progress, stop)
    {
        (Settings, Sizes, Dense) = (settings, sizes, dense);
        companions = new(() => Companions.Of(dense));
        runner = new(() => runtime.Runner(dense.Config, settings.Threads, keepsMemory: !Large));
        exact = runtime.ForwardPass is null ? runner : new(() => runtime.ExactRunner(dense.Config, settings.Threads));
    }

    public PruneSettings Settings { get; }

    /// <summary>Calibration tokens, a multiple of the window.</summary>
    public int Tokens { get; private set; }

    /// <summary>Seconds that calibration takes for each token; null where nothing depends on it.</summary>
    public double? SecondsPerToken { get; private set; }

    /// <summary>What is left for the search; null where it ends by itself.</summary>
    public TimeSpan? SearchTime => SecondsPerToken is { } pace && Settings.Time is not null ? PaceStage.Search(this, pace) : null;

    /// <summary>Settles how much text is read, and measures how long that takes where it takes long.</summary>
    public void PlanText()
    {
        var usual = Settings.TokensFor(Dense.Config);
        SecondsPerToken = Large || Settings.Time is not null ? PaceStage.SecondsPerToken(this) : null;
        Tokens = Settings.Tokens ?? (Settings.Time is null ? usual : PaceStage.Tokens(Settings, SecondsPerToken!.Value, usual));
    }

    public LargeModels Sizes { get; }

    public CheckpointModel Dense { get; }

    /// <summary>What lies beside the dense model's weights.</summary>
    public Companions Companions => companions.Value;

    /// <summary>The dense model's; null where it has none, or none that can be read and this run needs none.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Whether the dense model counts as large.</summary>
    public bool Large => Sizes.Includes(Dense.Config);

    /// <summary>How plans are refitted, in the contest and at the end.</summary>
    public FinalRefitOptions RefitOptions => new() { Affine = Settings.Affine };

    /// <summary>Runs single blocks of the dense model and of everything pruned from it.</summary>
    public IBlockRunner Runner => runner.Value;

    /// <summary>The same in float32 on the processor, where models are compared that must be equal.</summary>
    public IBlockRunner Exact => exact.Value;

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
        if (exact.IsValueCreated && exact != runner)
            exact.Value.Rest();
        LargeArrays.GiveBack();
    }

    public void Dispose()
    {
        foreach (var opened in held)
            opened.Dispose();
        if (runner.IsValueCreated)
            runner.Value.Dispose();
        if (exact.IsValueCreated && exact != runner)
            exact.Value.Dispose();
    }
}
