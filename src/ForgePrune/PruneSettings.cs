using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.Kernels;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Quantization;

namespace ForgePrune;

/// <summary>Everything the user says to a pruning run. Only model, folder and target have no default.</summary>
public sealed record PruneSettings
{
    /// <summary>Calibration tokens and tokens per window, where nothing is said.</summary>
    public const int DefaultTokens = 65536, DefaultWindow = 256;

    // Enough for a first look; and, on a quiet machine, for an interval of one per cent.
    private const int QuickTiming = 10, FullTiming = 30;

    private readonly int? timing;

    /// <summary>The path of the model: a Hugging Face folder, a llama2.c file, or a folder that ForgePrune wrote.</summary>
    public required string Model { get; init; }

    /// <summary>The path of the run folder: absent, empty, or an earlier run, which goes on where it stopped.</summary>
    public required string Out { get; init; }

    /// <summary>What the pruned model may cost, as a share of the dense one.</summary>
    public required Target Target { get; init; }

    /// <summary>Calibration file; null samples the text from the dense model itself.</summary>
    public string? Calibration { get; init; }

    /// <summary>Calibration tokens, a multiple of <see cref="Window"/>.</summary>
    public int Tokens { get; init; } = DefaultTokens;

    /// <summary>Windows that the dense model writes on from each calibration window, as more text of the same kind; 0 for none.</summary>
    public int Continuations { get; init; }

    /// <summary>Tokens per window.</summary>
    public int Window { get; init; } = DefaultWindow;

    /// <summary>The pruning method, with its own options.</summary>
    public PruningMethod Method { get; init; } = PruningMethod.Default;

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Threads that compute, at least 1; no more than there are processors are used.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where Grams, levels and refits are computed.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

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

    /// <summary>Also writes the pruned model with quantised projections; null does not.</summary>
    public QuantizationSettings? Quantize { get; init; }

    /// <summary>Also writes the pruned model as a GGUF file of this type; null does not.</summary>
    public GgufType? Gguf { get; init; }

    /// <summary>Evaluation text for the proof; null takes the held-out part of the calibration text.</summary>
    public string? Evaluation { get; init; }

    /// <summary>Checks what can be checked without the model.</summary>
    /// <exception cref="BadInputException">A value is outside its range, or a file is missing.</exception>
    public void Require()
    {
        RequireAtLeast(2, "`Window`", Window);
        RequireAtLeast(1, "`Tokens`", Tokens);
        RequireAtLeast(1, "`Threads`", Threads);
        RequireAtLeast(0, "`Continuations`", Continuations);
        RequireAtLeast(1, "`Workload.Batch`", Workload.Batch);
        RequireAtLeast(1, "`Workload.Prompt`", Workload.Prompt);
        RequireAtLeast(1, "`Workload.Context`", Workload.Context);
        RequireAtLeast(1, "`TimingSeconds`", TimingSeconds);
        if (Tokens % Window != 0)
            throw new BadInputException($"`Tokens` {Tokens} is not a multiple of `Window` {Window}; give {((long)Tokens / Window + 1) * Window}");
        if (!Path.Exists(Model))
            throw new BadInputException($"the model {Model} does not exist; name a Hugging Face folder, a llama2.c file or a folder ForgePrune wrote");
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
