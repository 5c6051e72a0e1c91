namespace ForgePrune.Ilgpu;

/// <summary>One launch of a kernel.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Groups">Number of groups.</param>
/// <param name="Lanes">Lanes of each.</param>
/// <param name="Map">The device's memories.</param>
/// <param name="Start">The first interval of it.</param>
internal sealed record Launch(string Kernel, int Groups, int Lanes, MemoryMap Map, long Start);
