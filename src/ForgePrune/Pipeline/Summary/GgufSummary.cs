namespace ForgePrune.Pipeline.Summary;

/// <summary>The pruned model as a GGUF file, in the folder gguf of the run.</summary>
/// <param name="Type">How its matrices are stored: f32, f16, q8_0 or q4_0.</param>
/// <param name="Architecture">The architecture of llama.cpp that it is written as.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="Files">Their names.</param>
public sealed record GgufSummary(string Type, string Architecture, long Bytes, IReadOnlyList<string> Files);
