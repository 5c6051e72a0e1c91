using ForgePrune.Kernels;

namespace ForgePrune.Forward;

/// <summary>Values that stay in the memory in which a runner computed them, until the host asks for them.</summary>
internal interface IStayingValues
{
    /// <summary>The memory in which they can be read; null where they are for the host alone.</summary>
    LentMemory? Memory { get; }

    /// <summary>The values in float32. Asked for again, the same array; from any thread.</summary>
    float[] ToHost();

    /// <summary>Lends the values, which are complete, where they lie: they stay there until <paramref name="read"/> returns.</summary>
    /// <returns>False where they have come to the host meanwhile; then nothing was read.</returns>
    bool Lend(Action<LentMatrix> read);
}
