using System.Text.Json.Serialization;

namespace ForgePrune.Methods.SelfPruner;

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProposalState))]
internal sealed partial class ProposalJson : JsonSerializerContext;
