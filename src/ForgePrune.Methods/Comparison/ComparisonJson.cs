using System.Text.Json.Serialization;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Methods.Comparison;

/// <summary>How a comparison's files are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, WriteIndented = true)]
[JsonSerializable(typeof(ComparisonFigures))]
[JsonSerializable(typeof(FinishedRun))]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
