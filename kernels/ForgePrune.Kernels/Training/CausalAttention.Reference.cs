namespace ForgePrune.Kernels;

/// <summary>The same in float64, one query after the other.</summary>
internal static class CausalAttentionReference
{
    public static double[] Forward(AttentionShape shape, ReadOnlySpan<double> q, ReadOnlySpan<double> k, ReadOnlySpan<double> v)
    {
        var output = new double[shape.Rows * shape.QueryWidth];
        var scale = shape.Scale ?? 1 / Math.Sqrt(shape.HeadDim);
        for (var row = 0; row < shape.Rows; row++)
            for (var head = 0; head < shape.QueryHeads; head++)
            {
                var own = row % shape.Tokens;
                var first = shape.Seen == 0 ? 0 : Math.Max(0, own - shape.Seen + 1);
                var query = row * shape.QueryWidth + head * shape.HeadDim;
                var group = head / shape.QueriesPerGroup * shape.HeadDim;
                var weights = new double[own + 1];
                for (var t = first; t <= own; t++)
                {
                    var key = (row - own + t) * shape.KvWidth + group;
                    for (var i = 0; i < shape.HeadDim; i++)
                        weights[t] += q[query + i] * k[key + i] * scale;
                    if (shape.Cap is { } cap)
                        weights[t] = cap * Math.Tanh(weights[t] / cap);
                }

                var top = weights[first..].Max();
                var sum = weights[first..].Sum(weight => Math.Exp(weight - top));
                for (var t = first; t <= own; t++)
                    for (var i = 0; i < shape.HeadDim; i++)
                        output[query + i] += Math.Exp(weights[t] - top) / sum * v[(row - own + t) * shape.KvWidth + group + i];
            }

        return output;
    }
}
