using System.Text.Json.Serialization;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline.Runs;

/// <summary>How everything in a run folder is written: camelCase, indented, absent values left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(StageKey))]
[JsonSerializable(typeof(StageManifest))]
[JsonSerializable(typeof(RunMarker))]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(PartPlan))]
internal sealed partial class RunJson : JsonSerializerContext;
