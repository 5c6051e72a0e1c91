using System.Text.Json.Serialization;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.Dress;

namespace ForgePrune.Methods;

/// <summary>How the files of the methods' own stages are written: as those of the pipeline.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InterleavedFile))]
[JsonSerializable(typeof(RegularizeFile))]
[JsonSerializable(typeof(TaylorFile))]
internal sealed partial class MethodJson : JsonSerializerContext;
