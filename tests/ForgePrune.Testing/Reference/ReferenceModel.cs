using ForgePrune.Model;

namespace ForgePrune.Testing.Reference;

/// <summary>The reference for models that ForgePrune holds: from here on its configs and names are taken at their word.</summary>
public static class ReferenceModel
{
    private static readonly TensorNames Common = TensorNames.Common.Bare, PostNormed = TensorNames.PostNormed.Bare;

    public static string NameOf(ModelConfig config, TensorSpec spec) => (config.Norms == BlockNorms.Before ? Common : PostNormed)[spec];

    /// <param name="halves">Whether GELU is looked up in ggml's table.</param>
    public static ReferenceBlocks Blocks(ModelConfig config, AttentionKind kind = default, bool halves = false)
    {
        var plain = kind.Unrotated ? []
            : ReferenceBlocks.Frequencies(kind.Local ? config.LocalRopeTheta!.Value : config.RopeTheta, config.RotaryDim ?? config.HeadDim);
        var (frequencies, turn) = config.RopeScaling switch
        {
            null or DynamicScaling => (plain, 1),
            _ when kind.Unrotated || kind.Local => (plain, 1),
            LinearScaling rope => ([.. plain.Select(value => value / rope.Factor)], 1),
            Llama3Scaling rope =>
                ([.. plain.Select(value => ReferenceBlocks.Llama3(value, rope.Factor, rope.LowFreqFactor, rope.HighFreqFactor, rope.OriginalMaxPositions))], 1),
            YarnScaling rope =>
                (ReferenceBlocks.Yarn(plain, config.RopeTheta, rope.Factor, rope.OriginalMaxPositions, rope.BetaFast, rope.BetaSlow, rope.Truncate),
                    rope.AttentionFactor ?? ReferenceBlocks.YarnTurn(rope.Factor)),
            LongRopeScaling rope => ([.. plain.Select((value, i) => value / rope.ShortFactors[i])],
                rope.AttentionFactor ?? ReferenceBlocks.LongRopeTurn(rope.OriginalMaxPositions, rope.ExtendedMaxPositions)),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.RopeScaling, "not computed here"),
        };
        return new(config.HeadDim, config.RmsNormEps, frequencies, kind.Window == 0 ? int.MaxValue : kind.Window)
        {
            Scale = config.AttentionScale ?? 1 / Math.Sqrt(config.HeadDim),
            Turn = turn,
            Cap = config.ScoreCap,
            Before = config.Norms != BlockNorms.Behind,
            Behind = config.Norms != BlockNorms.Before,
            Gate = config.Activation == GateActivation.Silu ? ReferenceBlocks.Silu : halves ? ReferenceBlocks.GeluOfHalves : ReferenceBlocks.Gelu,
        };
    }

    /// <param name="halves">Whether GELU is looked up in ggml's table.</param>
    public static ReferenceDecoder Decoder(ModelConfig config, bool halves = false) => new(
        config.TiedEmbeddings,
        [.. config.Layers.Select((layer, index) => new ReferenceLayer(layer.KvHeads, layer.QueryHeads, layer.HasMlp,
            Blocks(config, Kind(config, index), halves), Experts(config, index)))],
        Blocks(config))
    {
        Embedding = config.EmbeddingScale,
        Residual = config.ResidualScale,
        Divisor = config.LogitDivisor,
        Cap = config.LogitCap,
    };

    private static ReferenceExperts? Experts(ModelConfig config, int layer) =>
        layer < config.Mlp.Count && config.Mlp[layer] is { ExpertWidth: > 0 } kind ? new(kind.PerToken, kind.Normalized) : null;

    private static AttentionKind Kind(ModelConfig config, int layer) => layer < config.Attention.Count ? config.Attention[layer] : default;

    /// <summary>Logits (ids × vocab) of one window.</summary>
    /// <param name="halves">Whether GELU is looked up in ggml's table.</param>
    public static float[] Logits(IDecoderModel model, int[] ids, bool halves = false)
    {
        var tensors = ModelTensors.Read(model).ToDictionary(tensor => NameOf(model.Config, tensor.Spec), tensor => Wide(tensor.Values));
        return Array.ConvertAll(Decoder(model.Config, halves).Logits(ids, ids.Length, tensors.GetValueOrDefault), value => (float)value);
    }

    public static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
