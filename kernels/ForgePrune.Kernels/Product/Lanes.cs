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
        // Four lanes at a time: enough loads in flight, and few enough lines for one set of the cache, where all fall if the stride is a power of two.
        nint first = 0;
        for (; first <= count - 4; first += 4)
        {
            T* r0 = source + first * laneStep, r1 = r0 + laneStep, r2 = r1 + laneStep, r3 = r2 + laneStep, to = target + first;
            for (nint d = 0; d < depth; d++, to += width)
                (to[0], to[1], to[2], to[3]) = (r0[d * depthStep], r1[d * depthStep], r2[d * depthStep], r3[d * depthStep]);
        }
        for (; first < count; first++)
            for (nint d = 0; d < depth; d++)
                target[d * width + first] = source[first * laneStep + d * depthStep];
    }
}
