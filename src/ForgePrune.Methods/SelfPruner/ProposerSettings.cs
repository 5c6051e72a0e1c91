namespace ForgePrune.Methods.SelfPruner;

/// <summary>Who proposes layer rates.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="Url">Address of a chat endpoint; for <see cref="Endpoint"/> only. Nothing is sent anywhere without it.</param>
/// <param name="Model">The endpoint's model, or the local model's folder; null locally is the model being pruned.</param>
public sealed record ProposerSettings(string Name, Uri? Url = null, string? Model = null)
{
    public const string Ramp = "ramp", Evolution = "evolution", Endpoint = "endpoint", Local = "local";

    public static IReadOnlyList<string> Names { get; } = [Ramp, Evolution, Endpoint, Local];
}
