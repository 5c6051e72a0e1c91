using ForgePrune.Pipeline;
using ForgePrune.Quantization;

namespace ForgePrune.Cli.Engine;

/// <param name="Text">Text, JSONL or token file.</param>
/// <param name="Against">Dense model for the divergence; null when none is asked for.</param>
/// <param name="Window">Tokens per window.</param>
internal sealed record EvalSettings(string Model, string Text, string? Against, int Window, int Threads);

/// <param name="Paths">Task files, and folders with them.</param>
/// <param name="Limit">Questions taken from the front of each task; null takes all.</param>
/// <param name="Bos">Begin every context with the model's BOS token.</param>
internal sealed record TaskSettings(string Model, IReadOnlyList<string> Paths, int? Limit, bool Bos, int Threads);

/// <param name="B">Second model, timed in turn with the first; null when one alone is timed.</param>
internal sealed record BenchSettings(string A, string? B, Workload Workload, int Threads);

/// <param name="Tokens">Most tokens to write.</param>
internal sealed record GenerateSettings(string Model, string Prompt, int Tokens, int Threads);

/// <param name="Out">Folder to write; does not exist yet.</param>
/// <param name="Quantize">Null stores float32.</param>
/// <param name="Calibration">Text that error feedback reads; null where none is read.</param>
/// <param name="Tokens">Most tokens read of it.</param>
/// <param name="Window">Tokens per window.</param>
internal sealed record ExportSettings(
    string Model, string Out, int Threads, QuantizationSettings? Quantize = null, string? Calibration = null, int Tokens = 0, int Window = 0);
