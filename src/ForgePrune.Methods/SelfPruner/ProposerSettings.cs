namespace ForgePrune.Methods.SelfPruner;

/// <summary>Who proposes layer rates.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="Url">Address of a chat endpoint; for <see cref="Endpoint"/> only. Nothing is sent anywhere without it.</param>
/// <param name="Model">The endpoint's model, or the local model's folder; null locally is the model being pruned.</param>
public sealed record ProposerSettings(string Name, Uri? Url = null, string? Model = null)
{
    /// <summary>Straight ramps, on which later layers lose more; no model is asked.</summary>
    public const string Ramp = "ramp";

    /// <summary>Rates by mutation and crossover; no model is asked.</summary>
    public const string Evolution = "evolution";

    /// <summary>A language model behind a chat endpoint is asked.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>A language model on this machine is asked.</summary>
    public const string Local = "local";

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [Ramp, Evolution, Endpoint, Local];
}
