using ForgePrune.Model;

namespace ForgePrune.Onnx.Forward;

/// <summary>Whether the matrices of a block fit each other.</summary>
internal static class BlockShapes
{
    /// <summary>The graph takes head counts from the matrices, so a wrong row count would compute something else without complaint.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Require(AttentionWeights weights, ModelConfig config)
    {
        var (query, kv) = (weights.QueryHeads * config.HeadDim, weights.KvHeads * config.HeadDim);
        if (weights.KvHeads <= 0 || weights.QueryHeads % weights.KvHeads != 0 || weights.Query.Rows != query || weights.Output.Cols != query
            || weights.Key.Rows != kv || weights.Value.Rows != kv)
        {
            throw new ArgumentException(
                $"{weights.QueryHeads} query and {weights.KvHeads} key/value heads of width {config.HeadDim} do not fit query {weights.Query.Rows}, "
                + $"key {weights.Key.Rows}, value {weights.Value.Rows} rows and output {weights.Output.Cols} columns");
        }
    }

    /// <summary>The same of experts and their router.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Require(MlpWeights weights)
    {
        var (kind, experts) = (weights.Kind, weights.Kind.Experts(weights.Ffn));
        if (kind.IsRouted && (weights.GateBias ?? weights.UpBias ?? weights.DownBias ?? weights.PostNorm) is not null)
            throw new ArgumentException("a block of experts with biases, or a norm behind it");
        if (kind.IsRouted ? !kind.Allows(weights.Ffn) || weights.Router?.Rows != experts || (weights.RouterBias?.Length ?? experts) != experts
            : weights.Router is not null || weights.RouterBias is not null)
        {
            throw new ArgumentException(
                $"{weights.Ffn} channels and a router of {weights.Router?.Rows ?? 0} rows are no experts of {kind.ExpertWidth} channels");
        }
    }
}
