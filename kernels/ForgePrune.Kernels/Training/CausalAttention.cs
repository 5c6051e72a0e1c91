namespace ForgePrune.Kernels;

/// <summary>Causal softmax attention, o = softmax(s·q·kᵀ) · v over the positions that each query sees, and its gradients; s is 1/√headDim unless the shape
/// says otherwise, and scores may be bounded before the softmax.</summary>
/// <remarks>The scores of <see cref="StripRows"/> queries are in memory at a time, never all of them; the way back makes them anew from the logarithms
/// of the sums that the way there leaves (Dao and others 2022). One piece of work is one KV head of one window: gradients of keys and values
/// are then summed by one thread, in order, and results are the same for every number of threads.</remarks>
public static unsafe class CausalAttention
{
    internal const int StripRows = 64;

    /// <summary>Computes the outputs.</summary>
    /// <param name="shape">Extents of the attention.</param>
    /// <param name="q">Queries, rows × queryHeads·headDim, row-major without gaps.</param>
    /// <param name="k">Keys, rows × kvHeads·headDim, row-major without gaps.</param>
    /// <param name="v">Values, rows × kvHeads·headDim, row-major without gaps.</param>
    /// <param name="output">Written: rows × queryHeads·headDim.</param>
    /// <param name="logSums">Written: rows × queryHeads, ln Σ exp of the scores of each query, for <see cref="Backward"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">The shape is no attention, or a span is too short for it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Forward(AttentionShape shape, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v,
        Span<float> output, Span<float> logSums, int threads)
    {
        shape.Require(q, k, v, output, logSums);
        fixed (float* pq = q, pk = k, pv = v, po = output, pl = logSums)
            Run(new AttentionForward(shape, pq, pk, pv, po, pl), shape, threads);
    }

    /// <summary>Computes the gradients of queries, keys and values from that of the outputs (backward pass).</summary>
    /// <param name="shape">Extents of the attention.</param>
    /// <param name="q">Queries, rows × queryHeads·headDim, row-major without gaps.</param>
    /// <param name="k">Keys, rows × kvHeads·headDim, row-major without gaps.</param>
    /// <param name="v">Values, rows × kvHeads·headDim, row-major without gaps.</param>
    /// <param name="output">Outputs of <see cref="Forward"/>, rows × queryHeads·headDim.</param>
    /// <param name="logSums">Logarithms of <see cref="Forward"/>, rows × queryHeads.</param>
    /// <param name="dOutput">Gradient of the outputs, of their shape.</param>
    /// <param name="dq">Written: gradient of the queries, of their shape.</param>
    /// <param name="dk">Written: gradient of the keys, of their shape.</param>
    /// <param name="dv">Written: gradient of the values, of their shape.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">The shape is no attention, or a span is too short for it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Backward(AttentionShape shape, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> output,
        ReadOnlySpan<float> logSums, ReadOnlySpan<float> dOutput, Span<float> dq, Span<float> dk, Span<float> dv, int threads)
    {
        shape.Require(q, k, v, output, logSums);
        shape.Require(dq, dk, dv, dOutput, logSums);
        fixed (float* pq = q, pk = k, pv = v, po = output, pl = logSums, pdo = dOutput, pdq = dq, pdk = dk, pdv = dv)
            Run(new AttentionBackward(shape, pq, pk, pv, po, pl, pdo, pdq, pdk, pdv), shape, threads);
    }

    private static void Run<T>(T work, AttentionShape shape, int threads) where T : struct, IAttentionWork =>
        Workers.For(shape.Windows * shape.KvHeads, threads, piece => work.Group(piece / shape.KvHeads, piece % shape.KvHeads));
}

/// <summary>What is done to one KV head of one window.</summary>
internal interface IAttentionWork
{
    void Group(int window, int kvHead);
}
