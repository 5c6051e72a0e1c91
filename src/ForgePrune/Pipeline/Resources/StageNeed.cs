namespace ForgePrune.Pipeline.Resources;

/// <summary>What one stage asks of the machine, estimated from above.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="MemoryBytes">Peak resident bytes while it runs.</param>
/// <param name="DiskBytes">Bytes it leaves on the disk.</param>
internal sealed record StageNeed(string Stage, long MemoryBytes, long DiskBytes);
