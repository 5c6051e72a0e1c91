namespace ForgePrune.Kernels;

/// <summary>
/// A matrix seen as lanes × depth: element (lane, d) lies at <c>Data[lane · LaneStep + d · DepthStep]</c>. The left operand's lanes are its rows,
/// the right operand's lanes its columns; both are then packed by the same loop, and transposition is an exchange of steps.
/// </summary>
internal readonly unsafe struct Lanes<T>(T* data, nint laneStep, nint depthStep) where T : unmanaged
{
    private T* At(nint lane, nint depth) => data + lane * laneStep + depth * depthStep;

    public static Lanes<T> Left(T* a, int stride, Operand form) => form == Operand.Plain ? new(a, stride, 1) : new(a, 1, stride);

    public static Lanes<T> Right(T* b, int stride, Operand form) => form == Operand.Plain ? new(b, 1, stride) : new(b, stride, 1);

    /// <summary>Packs lanes [lane, lane + count) as depth rows of <paramref name="width"/> elements; missing lanes become zero.</summary>
    public void Pack(int lane, int count, int from, int depth, int width, T* target)
    {
        if (count < width)
            new Span<T>(target, depth * width).Clear();
        var source = At(lane, from);
        if (laneStep == 1)
        {
            for (nint d = 0; d < depth; d++)
                new ReadOnlySpan<T>(source + d * depthStep, count).CopyTo(new Span<T>(target + d * width, width));
            return;
        }
        for (nint l = 0; l < count; l++)
        {
            var row = source + l * laneStep;
            for (nint d = 0; d < depth; d++)
                target[d * width + l] = row[d * depthStep];
        }
    }
}
