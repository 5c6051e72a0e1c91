using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Quantization;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Tokens.Text;
using ForgePrune.Training;

namespace ForgePrune;

/// <summary>Everything the user says to a pruning run. Only model, folder and target have no default.</summary>
public sealed record PruneSettings
{
    /// <summary>Tokens per window, where nothing is said.</summary>
    public const int DefaultWindow = 256;

    /// <summary>The least calibration tokens where nothing is said; models with wide projections get more: see <see cref="TokensFor"/>.</summary>
    public const int DefaultTokens = 65536;

    /// <summary>Calibration tokens for each column of the widest output projection, where nothing is said.</summary>
    public const int TokensPerColumn = 8;

    // Enough for a first look; and, on a quiet machine, for an interval of one per cent.
    internal const int QuickTiming = 10, FullTiming = 30;

    private static readonly TimeSpan ShortestTime = TimeSpan.FromMinutes(1);

    private readonly int? timing;

    /// <summary>The path of the model: a Hugging Face folder, a llama2.c file, or a folder that ForgePrune wrote.</summary>
    public required string Model { get; init; }

    /// <summary>The path of the run folder: absent, empty, or an earlier run, which goes on where it stopped.</summary>
    public required string Out { get; init; }

    /// <summary>What the pruned model may cost, as a share of the dense one.</summary>
    public required Target Target { get; init; }

    /// <summary>Calibration file; null samples the text from the dense model itself.</summary>
    public string? Calibration { get; init; }

    /// <summary>Calibration tokens, a multiple of <see cref="Window"/>; null for as many as <see cref="TokensFor"/> says, or as <see cref="Time"/>
    /// allows.</summary>
    public int? Tokens { get; init; }

    /// <summary>How long the run may take, about. The amount of text follows from it where <see cref="Tokens"/> does not say, and the search goes on as long as
    /// it lasts. Null searches to the usual end. A plan that was found under a time limit depends on the machine.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Folders of other runs, whose text, Grams and levels are read where they are what this run needs.</summary>
    internal IReadOnlyList<string> Lenders { get; init; } = [];

    /// <summary>Windows that the dense model writes on from each calibration window, as more text of the same kind; 0 for none.</summary>
    public int Continuations { get; init; }

    /// <summary>Tokens per window.</summary>
    public int Window { get; init; } = DefaultWindow;

    /// <summary>The pruning method, with its own options.</summary>
    public PruningMethod Method { get; init; } = PruningMethod.Default;

    /// <summary>The shapes that a plan may have, where another program than ONNX Runtime or llama.cpp is to hold the result.</summary>
    public PlanShapes Shapes { get; init; } = PlanShapes.Free;

    /// <summary>The method for plans of these shapes.</summary>
    /// <exception cref="BadInputException">The method has shapes of its own.</exception>
    internal PruningMethod ShapedMethod => Method.For(Shapes)
        ?? throw new BadInputException($"{Method.Name} decides by itself what every layer keeps, so that `Shapes` {Shapes} is not possible; leave it out");

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Threads that compute, at least 1; no more than there are processors are used.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where Grams, levels and refits are computed.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>What forward passes run on, and what exports are written for, timed, and served on. Whoever opens the runtime reads it, as <c>Pruner</c> of
    /// ForgePrune.Onnx does; <see cref="PrunePipeline.Run(PruneSettings, IServingRuntime, Progress.IProgressReport, CancellationToken)"/> gets a runtime that has one.</summary>
    public ServingProvider Provider { get; init; } = ServingProvider.Cpu;

    /// <summary>What the latency is measured on.</summary>
    public Workload Workload { get; init; } = Workload.Usual;

    /// <summary>Also refit a bias after each removal, so that the mean of what was removed is kept.</summary>
    public bool Affine { get; init; }

    /// <summary>Searches less, for a first look.</summary>
    public bool Quick { get; init; }

    /// <summary>Most seconds that the finished models are timed in each phase.</summary>
    public int TimingSeconds
    {
        get => timing ?? (Quick ? QuickTiming : FullTiming);
        init => timing = value;
    }

    /// <summary>Bytes that the process may take: steps that load a whole model are left out where it does not fit. What the machine (or the
    /// container) has, unless the user says less.</summary>
    public long Memory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The command line that these settings were read from, for the report; changes no result.</summary>
    public string? Command { get; init; }

    /// <summary>Training after the refit; null for none.</summary>
    public RecoverySettings? Recovery { get; init; }

    /// <summary>Whether the refitted model is polished before it is trained or written.</summary>
    public PolishChoice Polish { get; init; } = PolishChoice.Auto;

    /// <summary>Also writes the pruned model with quantised projections; null does not.</summary>
    public QuantizationSettings? Quantize { get; init; }

    /// <summary>Also writes the pruned model as a GGUF file of this type; null does not.</summary>
    public GgufType? Gguf { get; init; }

    /// <summary>Evaluation text for the proof; null takes the held-out part of the calibration text.</summary>
    public string? Evaluation { get; init; }

    /// <summary>The calibration tokens of a model where nothing is said: a refit has as many unknowns as a projection has columns.</summary>
    public int TokensFor(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // An expert is fitted by its share of the tokens.
        var columns = config.Layers.Select((layer, index) =>
            Math.Max(layer.QueryHeads * config.HeadDim, layer.Ffn / Math.Max(1, config.MlpOf(index).PerToken))).Max();
        var wanted = Math.Max(DefaultTokens, TokensPerColumn * columns);
        return (wanted + Window - 1) / Window * Window;
    }

    /// <summary>Checks what can be checked without the model.</summary>
    /// <exception cref="BadInputException">A value is outside its range, or a file is missing.</exception>
    public void Require()
    {
        RequireAtLeast(2, "`Window`", Window);
        RequireAtLeast(1, "`Tokens`", Tokens ?? 1);
        RequireAtLeast(1, "`Threads`", Threads);
        RequireAtLeast(0, "`Continuations`", Continuations);
        RequireAtLeast(1, "`Workload.Batch`", Workload.Batch);
        RequireAtLeast(1, "`Workload.Prompt`", Workload.Prompt);
        RequireAtLeast(1, "`Workload.Context`", Workload.Context);
        RequireAtLeast(1, "`TimingSeconds`", TimingSeconds);
        if (Time < ShortestTime)
            throw new BadInputException($"`Time` is {Time?.TotalSeconds:0} seconds where at least {ShortestTime.TotalSeconds:0} are needed; give more");
        if (Tokens / Window < TextParts.Fewest)
        {
            throw new BadInputException($"`Tokens` {Tokens} gives {Tokens / Window} windows of {Window} tokens where at least {TextParts.Fewest} are needed, "
                + "to fit, to select, and to judge; give more, or a smaller `Window`");
        }

        if (Tokens is { } tokens && tokens % Window != 0)
            throw new BadInputException($"`Tokens` {tokens} is not a multiple of `Window` {Window}; give {((long)tokens / Window + 1) * Window}");
        if (Recovery is { } recovery && recovery.Scope != RecoveryScope.All && !Method.RecoversAfterwards)
            throw new BadInputException($"{Method.Name} cuts while it trains all weights, so that `Recovery.Scope` {recovery.Scope} is not possible; leave it out");
        if (!Path.Exists(Model))
            throw new BadInputException($"the model {Model} does not exist; name a Hugging Face folder, a llama2.c file or a folder ForgePrune wrote");
        _ = ShapedMethod;
        RunFolder.RequireUsable(Out);
    }

    private static void RequireAtLeast(int least, string name, int value)
    {
        if (value < least)
            throw new BadInputException($"{name} is {value} where at least {least} is needed; give more");
    }
}

/// <summary>The request whose time counts.</summary>
/// <param name="Batch">Requests at once.</param>
/// <param name="Prompt">Tokens read in the prefill.</param>
/// <param name="Context">Tokens in the cache while a decode step is timed.</param>
public sealed record Workload(int Batch, int Prompt, int Context)
{
    /// <summary>One request, 128 tokens of prompt, 128 tokens in the cache.</summary>
    public static Workload Usual { get; } = new(1, 128, 128);
}
