using ForgePrune.Kernels;

namespace ForgePrune.Serving;

/// <summary>What forward passes and predictions take of a GPU's memory.</summary>
/// <param name="Clause">The same for users.</param>
/// <param name="Memory">What other devices know that memory by; null where they cannot.</param>
/// <param name="Bytes">The most that is taken at once.</param>
internal sealed record PassMemory(string Clause, LentMemory? Memory, long Bytes);
