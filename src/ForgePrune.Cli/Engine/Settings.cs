using ForgePrune.Gguf;
using ForgePrune.Onnx.Export;
using ForgePrune.Quantization;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Engine;

/// <param name="B">Second model, timed in turn with the first; null when one alone is timed.</param>
internal sealed record BenchSettings(string A, string? B, Workload Workload, int Threads, ServingProvider Provider);

/// <param name="Tokens">Most tokens to write.</param>
internal sealed record GenerateSettings(string Model, string Prompt, int Tokens, int Threads, ServingProvider Provider);

/// <param name="Out">Folder to write; does not exist yet.</param>
/// <param name="Quantize">Null stores float32.</param>
/// <param name="Calibration">Text that error feedback reads; null where none is read.</param>
/// <param name="Tokens">Most tokens read of it.</param>
/// <param name="Window">Tokens per window.</param>
/// <param name="Gguf">Writes a GGUF file of this type; null writes ONNX.</param>
/// <param name="Onnx">What an ONNX folder is made for; null for the defaults.</param>
/// <param name="Decilm">Writes a safetensors folder for DeciLM classes instead.</param>
internal sealed record ExportSettings(
    string Model, string Out, int Threads, QuantizationSettings? Quantize = null, string? Calibration = null, int Tokens = 0, int Window = 0,
    GgufType? Gguf = null, OnnxExportOptions? Onnx = null, bool Decilm = false);
