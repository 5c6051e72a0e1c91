namespace ForgePrune.Onnx.Pipeline;

/// <summary>One way of refitting the chosen plan and what it gave on held-out calibration text.</summary>
/// <param name="Name">"as searched", or the options in one line.</param>
/// <param name="Kl">Mean KL(dense ‖ pruned) on the held-out windows, nats per token.</param>
internal sealed record RefitChoice(string Name, double Kl);

/// <summary>refit.json.</summary>
/// <param name="Choices">Everything that was tried, in order.</param>
/// <param name="Chosen">The one with the least KL.</param>
internal sealed record RefitReport(IReadOnlyList<RefitChoice> Choices, string Chosen);
