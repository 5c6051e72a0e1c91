using System.Text.Json.Serialization;
using ForgePrune.Cli.Jobs;
using ForgePrune.Cli.Verbs;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Methods;
using ForgePrune.Onnx.Sessions;

namespace ForgePrune.Cli.Engine;

/// <summary>How figures are printed with --json: camelCase, one object, absent values left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ModelFacts))]
[JsonSerializable(typeof(DecoderInspection))]
[JsonSerializable(typeof(EvalFigures))]
[JsonSerializable(typeof(BenchFigures))]
[JsonSerializable(typeof(Generation))]
[JsonSerializable(typeof(ExportFigures))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(IReadOnlyList<KernelFacts>))]
[JsonSerializable(typeof(KernelExportFigures))]
[JsonSerializable(typeof(IReadOnlyList<GpuApi>))]
[JsonSerializable(typeof(JobState))]
[JsonSerializable(typeof(MethodGuide))]
[JsonSerializable(typeof(IReadOnlyList<MethodFacts>))]
internal sealed partial class CliJson : JsonSerializerContext;
