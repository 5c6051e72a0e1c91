namespace ForgePrune.Kernels;

/// <summary>Causal softmax attention, o = softmax(q·kᵀ / √headDim) · v over the positions up to each query's own, and its gradients.</summary>
/// <remarks>The scores of <see cref="StripRows"/> queries are in memory at a time, never all of them; the way back makes them anew from the logarithms
/// of the sums that the way there leaves (Dao and others 2022). One piece of work is one KV head of one window: gradients of keys and values
/// are then summed by one thread, in order, and results are the same for every number of threads.</remarks>
public static unsafe class CausalAttention
{
    internal const int StripRows = 64;

    /// <param name="q">rows × queryHeads·headDim.</param>
    /// <param name="k">rows × kvHeads·headDim.</param>
    /// <param name="v">As <paramref name="k"/>.</param>
    /// <param name="output">rows × queryHeads·headDim.</param>
    /// <param name="logSums">rows × queryHeads: ln Σ exp of each query's scores, for <see cref="Backward"/>.</param>
    public static void Forward(AttentionShape shape, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v,
        Span<float> output, Span<float> logSums, int threads)
    {
        shape.Require(q, k, v, output, logSums);
        fixed (float* pq = q, pk = k, pv = v, po = output, pl = logSums)
            Run(new AttentionForward(shape, pq, pk, pv, po, pl), shape, threads);
    }

    /// <summary>Writes dq, dk and dv from the gradient of the output.</summary>
    /// <param name="output">From <see cref="Forward"/>, as <paramref name="logSums"/>.</param>
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
