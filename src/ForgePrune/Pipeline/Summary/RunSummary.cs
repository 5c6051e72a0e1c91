using System.Text.Json.Serialization;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Quantization;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline.Summary;

/// <summary>summary.json: what a run found, for people and scripts.</summary>
public sealed record RunSummary
{
    /// <summary>Parameters of the dense and the pruned model; a tied head counts once.</summary>
    public required BeforeAfter Parameters { get; init; }

    /// <summary>Weight bytes of the dense and the pruned ONNX model.</summary>
    public required BeforeAfter Bytes { get; init; }

    /// <summary>What each layer keeps, in order.</summary>
    public required IReadOnlyList<LayerSummary> Layers { get; init; }

    /// <summary>Null where the models were too large for the memory allowed to be timed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required SpeedupSummary? Speedup { get; init; }

    /// <summary>Perplexity of both models on the evaluation text.</summary>
    public required PerplexitySummary Perplexity { get; init; }

    /// <summary>Mean KL(dense ‖ pruned), nats per token.</summary>
    public required double Kl { get; init; }

    /// <summary>What polishing after the refit did; absent where there was none.</summary>
    public PolishSummary? Polish { get; init; }

    /// <summary>What training after the refit did; absent where none was asked for.</summary>
    public RecoverySummary? Recovery { get; init; }

    /// <summary>Cuts and trainings in turn; absent for methods that prune first and train afterwards.</summary>
    public InterleavedSummary? Interleaved { get; init; }

    /// <summary>Regularisation before the cut; absent for methods without it.</summary>
    public RegularizationSummary? Regularization { get; init; }

    /// <summary>What came of the questions to a proposer; absent for methods without one.</summary>
    public ProposalCounts? Proposals { get; init; }

    /// <summary>What trained the candidates before selection, "none" where the method's authors train and this run did not; absent for methods
    /// that never do.</summary>
    public string? CandidateTraining { get; init; }

    /// <summary>The pruned model with quantised projections; null where none was asked for.</summary>
    public QuantizedSummary? Quantized { get; init; }

    /// <summary>The pruned model as a GGUF file; absent where none was asked for.</summary>
    public GgufSummary? Gguf { get; init; }

    /// <summary>Matrices whose Hessians needed more damping than usual, by stage; absent in all but degenerate cases.</summary>
    public IReadOnlyList<RaisedDamping>? RaisedDamping { get; init; }

    /// <summary>Wall-clock seconds of each stage when it ran (a reused stage keeps those of its own run).</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    /// <summary>Where the run computed, with what changes the bits of its results.</summary>
    public required string Device { get; init; }

    /// <summary>What the exported models ran on, and were timed on: cpu or cuda, with the number of a second GPU, and /bf16 in
    /// bfloat16.</summary>
    public string Provider { get; init; } = ServingProvider.Cpu.Name;

    /// <summary>Name → version of the libraries that made the result.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>Hash of the plan's manifest: equal hashes, equal plans.</summary>
    public required string Manifest { get; init; }
}

/// <summary>A count of the dense and of the pruned model.</summary>
public sealed record BeforeAfter(long Before, long After);

/// <summary>What one layer keeps; zero heads or channels mean that the block is gone.</summary>
public sealed record LayerSummary(int KvGroups, int QueryHeads, int Ffn)
{
    /// <summary>The experts that the channels belong to; absent for layers without.</summary>
    public int? Experts { get; init; }
}

/// <summary>Dense time divided by pruned time, per phase.</summary>
public sealed record SpeedupSummary(RatioSummary Prefill, RatioSummary Decode);

/// <param name="Predicted">From the latency table, before any correction; null where the metric needed no table.</param>
/// <param name="Measured">Ratio of the times of whole models that were timed in turn.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
public sealed record RatioSummary(double? Predicted, double Measured, double Low, double High)
{
    internal static RatioSummary Of(RatioEstimate measured, double? predicted = null) => new(predicted, measured.Ratio, measured.Low, measured.High);
}

/// <summary>Perplexity on the evaluation text.</summary>
public sealed record PerplexitySummary(double Dense, double Pruned);

/// <summary>What quantising the pruned model's projections cost and gave.</summary>
/// <param name="Bits">Of a weight.</param>
/// <param name="Method">gptq or rtn.</param>
/// <param name="Block">Inputs that share a scale.</param>
/// <param name="Bytes">Weight bytes of its ONNX model.</param>
/// <param name="Perplexity">On the evaluation text, of the exported file as a client runs it; null, as all below, where the models were too large
/// for the memory allowed.</param>
/// <param name="ExactPerplexity">With the same codes multiplied in float32: the rest is what rounding activations to eight bits costs.</param>
/// <param name="Kl">Mean KL(dense ‖ quantised), nats per token, of exported files.</param>
/// <param name="Speedup">Dense time divided by quantised time.</param>
/// <param name="OverPruned">Pruned time divided by quantised time, from the same turns.</param>
public sealed record QuantizedSummary(
    int Bits, string Method, int Block, long Bytes, double? Perplexity, double? ExactPerplexity, double? Kl, SpeedupSummary? Speedup,
        SpeedupSummary? OverPruned)
{
    /// <summary>How exactly the file asks its runtime to multiply: 4 rounds activations to eight bits, block by block, 0 keeps them in float32.</summary>
    public int AccuracyLevel { get; init; } = ModelQuantization.RoundedLevel;
}
