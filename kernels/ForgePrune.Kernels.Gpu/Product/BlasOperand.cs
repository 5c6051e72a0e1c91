namespace ForgePrune.Kernels.Gpu;

/// <summary>How an operand lies, in the words of a library whose matrices lie column by column.</summary>
/// <param name="IsByLanes">Whether a column of it holds neighboring lanes, or else the terms of one lane.</param>
/// <param name="Stride">Elements from one column to the next.</param>
internal readonly record struct BlasOperand(bool IsByLanes, int Stride)
{
    /// <returns>Null for an operand that has gaps in both directions, which such a library cannot read.</returns>
    public static BlasOperand? Of<T>(DeviceOperand<T> operand, int lanes, int depth) where T : unmanaged
    {
        // A step counts where there is something to step to.
        int laneStep = lanes > 1 ? operand.LaneStep : 1, depthStep = depth > 1 ? operand.DepthStep : 1;
        if (laneStep == 1 && (depth <= 1 || depthStep >= lanes))
            return new(true, Math.Max(Math.Max(1, lanes), depthStep));
        return depthStep == 1 && (lanes <= 1 || laneStep >= depth) ? new(false, Math.Max(Math.Max(1, depth), laneStep)) : null;
    }
}
