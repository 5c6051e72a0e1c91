namespace ForgePrune.Kernels;

/// <summary>
/// A matrix seen as lanes × depth: element (lane, d) lies at <c>Data[lane · LaneStep + d · DepthStep]</c>. The left operand's lanes are its rows,
/// the right operand's lanes its columns; both are then packed by the same loop, and transposition is an exchange of steps.
/// </summary>
internal readonly unsafe struct Lanes<T>(T* data, nint laneStep, nint depthStep) where T : unmanaged
{
    private T* At(nint lane, nint depth) => data + lane * laneStep + depth * depthStep;

    public static Lanes<T> Left(T* a, int stride, Transpose transpose) => transpose == Transpose.No ? new(a, stride, 1) : new(a, 1, stride);

    public static Lanes<T> Right(T* b, int stride, Transpose transpose) => transpose == Transpose.No ? new(b, 1, stride) : new(b, stride, 1);

    /// <summary>Packs lanes [lane, lane + count) as depth rows of <paramref name="width"/> elements; missing lanes become zero.</summary>
    public void Pack(int lane, int count, int from, int depth, int width, T* target)
    {
        if (count < width)
            new Span<T>(target, depth * width).Clear();
        var source = At(lane, from);
        if (laneStep == 1 && count == width && count * sizeof(T) >= 16)
        {
            Interleave.Rows(source, depthStep, depth, target, width);
            return;
        }
        if (laneStep == 1)
        {
            for (nint d = 0; d < depth; d++)
                new ReadOnlySpan<T>(source + d * depthStep, count).CopyTo(new Span<T>(target + d * width, width));
            return;
        }
        // One of the steps is 1: here the elements of a lane lie side by side.
        nint first = 0;
        for (; first <= count - 2; first += 2)
            Interleave.Pairs(source + first * laneStep, source + (first + 1) * laneStep, depth, target + first, width);
        for (nint d = 0; d < depth && first < count; d++)
            target[d * width + first] = source[first * laneStep + d];
    }
}
