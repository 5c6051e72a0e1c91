using System.Text.Json.Serialization;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>study.json: what a study found. No times are in it, so that the same study always gives the same bytes.</summary>
/// <param name="Flops">Budget of every size in floating-point operations of training.</param>
/// <param name="HeldOutTokens">Predictions that perplexity and divergence are means of.</param>
/// <param name="Sizes">The models that were trained.</param>
/// <param name="Rows">Them, and what they were compressed to.</param>
/// <param name="Device">Where it ran, with what changes its bits.</param>
public sealed record StudyFigures(
    long Flops, long HeldOutTokens, int Window, long Seed, IReadOnlyList<StudySize> Sizes, IReadOnlyList<StudyRow> Rows, string Device,
    IReadOnlyDictionary<string, string> Versions);

/// <param name="Size">In multiples of the smallest shape.</param>
/// <param name="Heads">Of every layer, queries and KV groups alike.</param>
/// <param name="Ffn">Channels of every layer.</param>
/// <param name="Prunable">Weights of all projections.</param>
/// <param name="FlopsPerToken">Of training.</param>
public sealed record StudySize(int Size, int Layers, int Hidden, int Heads, int Ffn, long Parameters, long Prunable, long FlopsPerToken);

/// <summary>One model and what it cost.</summary>
/// <param name="Size">Of the model that was trained.</param>
/// <param name="Form">What was made of it: trained, pruned, distilled, sparse 50 %, sparse 2:4, int8 rtn, int8 gptq, int4 rtn or int4 gptq.</param>
/// <param name="Parameters">All values, zeros included.</param>
/// <param name="Prunable">Weights of projections, zeros included.</param>
/// <param name="Bytes">Of all weights as they would be stored.</param>
/// <param name="Perplexity">On the held-out text.</param>
/// <param name="Kl">Mean KL(trained ‖ this) there, nats per token; null for the trained model itself.</param>
/// <param name="TrainedTokens">From random weights.</param>
/// <param name="DistilledTokens">After pruning.</param>
/// <param name="Flops">Of both trainings.</param>
public sealed record StudyRow(
    int Size, string Form, long Parameters, long Prunable, long Bytes, double Perplexity, double? Kl, long TrainedTokens, long DistilledTokens,
    long Flops);

/// <summary>How a study's files are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StudyFigures))]
[JsonSerializable(typeof(IReadOnlyList<StudyRow>))]
internal sealed partial class StudyJson : JsonSerializerContext;
