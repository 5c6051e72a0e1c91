namespace ForgePrune.Serving;

/// <summary>What a task evaluation reads.</summary>
/// <param name="Model">A checkpoint or an exported folder.</param>
/// <param name="Paths">Task files, and folders with them.</param>
/// <param name="Limit">Questions taken from the front of each task; null takes all.</param>
/// <param name="Bos">Whether every context begins with the model's BOS token.</param>
/// <param name="Threads">Threads that compute, at least 1.</param>
public sealed record TaskSettings(string Model, IReadOnlyList<string> Paths, int? Limit, bool Bos, int Threads);

/// <summary>The result of one task, or of a group of tasks together.</summary>
/// <param name="Task">The name that lm-evaluation-harness gives it, where it has the task.</param>
/// <param name="Questions">Questions that were asked.</param>
/// <param name="Requests">Continuations that were scored.</param>
/// <param name="Cut">Requests whose context lost its beginning because the model has too few positions.</param>
/// <param name="Metrics">acc, acc_norm, acc_bytes or perplexity, as far as the task has them.</param>
/// <param name="Protocol">How the prompts were made.</param>
public sealed record TaskFigures(
    string Task, int Questions, int Requests, int Cut, IReadOnlyDictionary<string, MetricFigures> Metrics, string Protocol);

/// <summary>One metric of a task.</summary>
/// <param name="Value">The mean over the questions.</param>
/// <param name="Stderr">Standard error of the value; null for a single question.</param>
public sealed record MetricFigures(double Value, double? Stderr);
