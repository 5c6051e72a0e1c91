namespace ForgePrune.Kernels;

/// <summary>An output projection that a device is to work on.</summary>
/// <param name="Name">Named in messages, such as "layer 3 down_proj".</param>
/// <param name="Rows">Its outputs.</param>
/// <param name="Cols">Its inputs.</param>
/// <param name="IsOfHeads">Whether heads go, or else single channels.</param>
internal sealed record PlannedLayer(string Name, int Rows, int Cols, bool IsOfHeads);
