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

    /// <summary>Name of the pruning method.</summary>
    public required string Method { get; init; }

    /// <summary>Who proposes layer rates, for methods that ask.</summary>
    public ProposerSettings Proposer { get; init; } = new(ProposerSettings.Ramp);

    public required long Seed { get; init; }

    public required int Threads { get; init; }

    /// <summary>Where Grams, levels and refits are computed: cpu, or a GPU by name.</summary>
    public string Device { get; init; } = "cpu";

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

    /// <summary>Tokens that each candidate of the last stage of selection is trained on, for methods that train candidates; 0 for none.</summary>
    public int SelectionTokens { get; init; } = DefaultSelectionTokens;

    /// <summary>A fiftieth of the authors' 200,000, for machines without a GPU.</summary>
    public const int DefaultSelectionTokens = 4096;

    /// <summary>Cuts of methods that prune and train in turn; null for about a twentieth of the prunable cost in each.</summary>
    public int? Stages { get; init; }

    /// <summary>Tokens of regularisation before the cut, for methods that regularise; 0 for none.</summary>
    public int RegularizeTokens { get; init; } = DefaultRegularizeTokens;

    /// <summary>Sixteen steps.</summary>
    public const int DefaultRegularizeTokens = 32768;

    /// <summary>Training after the refit; null for none.</summary>
    public RecoverySettings? Recovery { get; init; }

    /// <summary>Also writes the pruned model with quantised projections; null does not.</summary>
    public QuantizationSettings? Quantize { get; init; }

    /// <summary>Evaluation text for the proof; null takes the held-out part of the calibration text.</summary>
    public string? Evaluation { get; init; }
}

/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="Url">Address of a chat endpoint; for <see cref="Endpoint"/> only. Nothing is sent anywhere without it.</param>
/// <param name="Model">The endpoint's model, or the local model's folder; null locally is the model being pruned.</param>
public sealed record ProposerSettings(string Name, Uri? Url = null, string? Model = null)
{
    public const string Ramp = "ramp", Evolution = "evolution", Endpoint = "endpoint", Local = "local";

    public static IReadOnlyList<string> Names { get; } = [Ramp, Evolution, Endpoint, Local];
}

/// <summary>The request whose time counts.</summary>
/// <param name="Batch">Requests at once.</param>
/// <param name="Prompt">Tokens read in the prefill.</param>
/// <param name="Context">Tokens in the cache while a decode step is timed.</param>
public sealed record Workload(int Batch, int Prompt, int Context);
