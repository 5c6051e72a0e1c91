using ForgePrune.Kernels;

namespace ForgePrune.Pipeline.Resources;

/// <summary>The threads that work takes of those it was asked to take.</summary>
public static class RunThreads
{
    /// <param name="asked">At least 1.</param>
    /// <param name="note">Is told where fewer are taken.</param>
    public static int Of(int asked, Action<string> note)
    {
        var taken = CpuDevice.Limit(asked);
        if (taken < asked)
            note($"{asked} threads were asked for, {taken} will be used: there are no more processors");
        return taken;
    }
}
