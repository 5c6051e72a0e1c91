using ForgePrune.Kernels;
using ForgePrune.Quantization;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline;

/// <summary>Everything the user says to a pruning run; already checked, one value per option of the command line.</summary>
public sealed record PruneSettings
{
    /// <summary>Hugging Face folder, llama2.c file, or a folder ForgePrune wrote.</summary>
    public required string Model { get; init; }

    /// <summary>Run folder.</summary>
    public required string Out { get; init; }

    public required Target Target { get; init; }

    /// <summary>Calibration file; null samples the text from the dense model itself.</summary>
    public string? Calibration { get; init; }

    /// <summary>Calibration tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Windows that the dense model writes on from each calibration window, as more text of the same kind; 0 for none.</summary>
    public int Continuations { get; init; }

    /// <summary>Tokens per window.</summary>
    public required int Window { get; init; }

    /// <summary>The pruning method, with its own options.</summary>
    public PruningMethod Method { get; init; } = PruningMethod.Default;

    public required long Seed { get; init; }

    public required int Threads { get; init; }

    /// <summary>Where Grams, levels and refits are computed.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>What the latency is measured on.</summary>
    public required Workload Workload { get; init; }

    /// <summary>Also refit a bias after each removal, so that the mean of what was removed is kept.</summary>
    public bool Affine { get; init; }

    /// <summary>Searches less, for a first look.</summary>
    public bool Quick { get; init; }

    /// <summary>Most seconds that the finished models are timed in each phase.</summary>
    public int TimingSeconds { get; init; } = 30;

    /// <summary>Bytes that the process may take: steps that load a whole model are left out where it does not fit. What the machine (or the
    /// container) has, unless the user says less.</summary>
    public long Memory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The command line that these settings were read from, for the report; changes no result.</summary>
    public string? Command { get; init; }

    /// <summary>Training after the refit; null for none.</summary>
    public RecoverySettings? Recovery { get; init; }

    /// <summary>Also writes the pruned model with quantised projections; null does not.</summary>
    public QuantizationSettings? Quantize { get; init; }

    /// <summary>Evaluation text for the proof; null takes the held-out part of the calibration text.</summary>
    public string? Evaluation { get; init; }
}

/// <summary>The request whose time counts.</summary>
/// <param name="Batch">Requests at once.</param>
/// <param name="Prompt">Tokens read in the prefill.</param>
/// <param name="Context">Tokens in the cache while a decode step is timed.</param>
public sealed record Workload(int Batch, int Prompt, int Context);
