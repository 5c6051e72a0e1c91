using ForgePrune.Errors;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Blocks with fewer heads or channels: what feeds the output projection is only sliced, the projection itself is given.</summary>
internal static class BlockCompaction
{
    /// <param name="heads">Query heads to keep, ascending; equally many of each KV group, so that head h again reads KV head h / r.</param>
    /// <param name="output">o_proj over the kept heads (hidden × heads.Count·headDim).</param>
    public static AttentionWeights Attention(AttentionWeights dense, IReadOnlyList<int> heads, Projection output)
    {
        var headDim = dense.Output.Cols / dense.QueryHeads;
        if (heads.Count != dense.QueryHeads && dense.QueryNorm is { } norm && norm.Length != headDim)
        {
            throw new BadInputException("the norm of queries and keys spans all heads of a layer, so that none can be removed without changing the others; "
                + "keep all heads, or remove the block");
        }

        var groups = HeadSets.Groups(heads, dense.QueryHeads / dense.KvHeads);
        return dense with
        {
            KvHeads = groups.Length,
            QueryHeads = heads.Count,
            Query = BlockSlice.Rows(dense.Query, heads, headDim),
            QueryBias = BlockSlice.Bias(dense.QueryBias, heads, headDim),
            Key = BlockSlice.Rows(dense.Key, groups, headDim),
            KeyBias = BlockSlice.Bias(dense.KeyBias, groups, headDim),
            Value = BlockSlice.Rows(dense.Value, groups, headDim),
            ValueBias = BlockSlice.Bias(dense.ValueBias, groups, headDim),
            Output = output.Weights,
            OutputBias = output.Bias,
        };
    }

    /// <param name="channels">FFN channels to keep, ascending; equally many of every expert that stays where there are any, with whom their rows of the
    /// router stay.</param>
    /// <param name="down">down_proj over the kept channels (hidden × channels.Count).</param>
    /// <exception cref="ArgumentException">Some expert keeps more channels than another.</exception>
    public static MlpWeights Mlp(MlpWeights dense, IReadOnlyList<int> channels, Projection down)
    {
        var compact = Plain(dense, channels, down);
        if (dense.Router is not { } router)
            return compact;
        var (experts, width) = ExpertLevels.Among(channels, dense.Kind);
        return compact with
        {
            Kind = dense.Kind.Narrowed(width),
            Router = BlockSlice.Rows(router, experts, 1),
            RouterBias = BlockSlice.Bias(dense.RouterBias, experts, 1),
        };
    }

    private static MlpWeights Plain(MlpWeights dense, IReadOnlyList<int> channels, Projection down) => new()
    {
        Gate = BlockSlice.Rows(dense.Gate, channels, 1),
        GateBias = BlockSlice.Bias(dense.GateBias, channels, 1),
        Up = BlockSlice.Rows(dense.Up, channels, 1),
        UpBias = BlockSlice.Bias(dense.UpBias, channels, 1),
        Down = down.Weights,
        DownBias = down.Bias,
        PostNorm = dense.PostNorm,
    };
}
