using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>An output projection (hidden × kept columns) and its bias (hidden), null where it has none.</summary>
internal readonly record struct Projection(Matrix Weights, float[]? Bias);
