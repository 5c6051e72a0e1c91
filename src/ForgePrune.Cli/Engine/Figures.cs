using System.Text.Json.Serialization;
using ForgePrune.Onnx.Providers;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Engine;

/// <param name="Bytes">Of the weights as the checkpoint stores them.</param>
/// <param name="HeadShare">Share of the output head in all parameters.</param>
/// <param name="Tokenizer">What reads its text; null when none lies beside it.</param>
internal sealed record ModelFacts(
    string Family, int HiddenSize, int HeadDim, int VocabSize, int MaxPositions, bool TiedEmbeddings, double RopeTheta, string? RopeScaling,
    long Parameters, long Prunable, long Bytes, double HeadShare, string? Tokenizer, IReadOnlyList<LayerFacts> Layers)
{
    /// <summary>What can be done with the family; of one that is not read, all that is known.</summary>
    public FamilyFacts? Support { get; init; }

    /// <summary>What of a larger model is not read; null where nothing is left out.</summary>
    public string? LeftOut { get; init; }

    /// <summary>Layers that do not rotate, or see a window; null for none.</summary>
    public string? Attention { get; init; }

    /// <summary>How the tokens of layers with experts are routed; null where there are none.</summary>
    public string? Experts { get; init; }

    /// <summary>Factors of embedding, scores, blocks and logits; null where there are none.</summary>
    public string? Factors { get; init; }
}

/// <param name="Ffn">Channels, of all experts together where there are any.</param>
/// <param name="Experts">Null for layers without.</param>
internal sealed record LayerFacts(int KvGroups, int QueryHeads, int Ffn, int? Experts = null);

/// <summary>What eval found on a text, on tasks, or on both.</summary>
/// <param name="Kl">Mean KL(against ‖ model), nats per token.</param>
/// <param name="Tasks">Every task, then the groups.</param>
internal sealed record EvalFigures(double? Perplexity, double? Kl, long? Tokens, IReadOnlyList<TaskFigures>? Tasks = null);

/// <param name="Prefill">Time of the prompt.</param>
/// <param name="Decode">Time of one step.</param>
internal sealed record BenchFigures(BenchPhase Prefill, BenchPhase Decode, string Device);

/// <summary>The time of every model; the ratio A/B when there are two.</summary>
internal sealed record BenchPhase(BenchTiming A, BenchTiming? B, Ratio? Speedup);

/// <param name="Seconds">The mean over openings of the median of turns; "median" in JSON, where names are a format.</param>
/// <param name="Low">The lower end of the 95 % interval.</param>
internal sealed record BenchTiming([property: JsonPropertyName("median")] double Seconds, double Low, double High, double TokensPerSecond);

/// <param name="Value">A/B; "median" in JSON, as above.</param>
/// <param name="Low">The lower end of the 95 % interval.</param>
internal sealed record Ratio([property: JsonPropertyName("median")] double Value, double Low, double High);

internal sealed record Generation(string Text, int Tokens, double Seconds);

internal sealed record ExportFigures(string Folder, long Parameters, long Bytes, IReadOnlyList<string> Files);

/// <param name="OnnxRuntime">Version; null when its library does not load.</param>
/// <param name="GenAi">Its library is there.</param>
/// <param name="Fault">Why it does not load.</param>
/// <param name="Build">The package that this build was made with.</param>
/// <param name="HasCuda">Whether its CUDA provider is there.</param>
/// <param name="Cuda">What this machine has for that.</param>
internal sealed record RuntimeFacts(
    string? OnnxRuntime, IReadOnlyList<string> Providers, bool GenAi, string? Fault, string Build, bool HasCuda, CudaLibraries Cuda);
