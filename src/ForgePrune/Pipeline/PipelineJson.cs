using System.Text.Json.Serialization;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline;

/// <summary>How the stages' own files are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PaceFile))]
[JsonSerializable(typeof(PlanFile))]
[JsonSerializable(typeof(ContestFile))]
[JsonSerializable(typeof(Candidate))]
[JsonSerializable(typeof(BlockFit))]
[JsonSerializable(typeof(Revision))]
[JsonSerializable(typeof(TimingFile))]
[JsonSerializable(typeof(ProofFile))]
[JsonSerializable(typeof(SampleFile))]
[JsonSerializable(typeof(LatencyFile))]
[JsonSerializable(typeof(RecoveryFile))]
[JsonSerializable(typeof(PolishFile))]
[JsonSerializable(typeof(QuantizedFile))]
[JsonSerializable(typeof(IReadOnlyList<RaisedDamping>))]
internal sealed partial class PipelineJson : JsonSerializerContext;
