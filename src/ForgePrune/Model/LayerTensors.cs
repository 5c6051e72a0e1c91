namespace ForgePrune.Model;

/// <summary>Converts between a layer and its tensors by role.</summary>
internal static class LayerTensors
{
    /// <summary>The values of a tensor in <paramref name="layer"/>; null where the layer has none. Those of an expert are a copy.</summary>
    public static float[]? Values(LayerWeights layer, TensorSpec spec) => spec.Role switch
    {
        TensorRole.AttentionNorm => layer.AttentionNorm,
        TensorRole.Query => layer.Attention?.Query.Values,
        TensorRole.QueryBias => layer.Attention?.QueryBias,
        TensorRole.QueryNorm => layer.Attention?.QueryNorm,
        TensorRole.Key => layer.Attention?.Key.Values,
        TensorRole.KeyBias => layer.Attention?.KeyBias,
        TensorRole.KeyNorm => layer.Attention?.KeyNorm,
        TensorRole.Value => layer.Attention?.Value.Values,
        TensorRole.ValueBias => layer.Attention?.ValueBias,
        TensorRole.Output => layer.Attention?.Output.Values,
        TensorRole.OutputBias => layer.Attention?.OutputBias,
        TensorRole.AttentionPostNorm => layer.Attention?.PostNorm,
        TensorRole.MlpNorm => layer.MlpNorm,
        TensorRole.Gate => layer.Mlp?.Gate.Values,
        TensorRole.GateBias => layer.Mlp?.GateBias,
        TensorRole.Up => layer.Mlp?.Up.Values,
        TensorRole.UpBias => layer.Mlp?.UpBias,
        TensorRole.Down => layer.Mlp?.Down.Values,
        TensorRole.DownBias => layer.Mlp?.DownBias,
        TensorRole.MlpPostNorm => layer.Mlp?.PostNorm,
        TensorRole.Router => layer.Mlp?.Router?.Values,
        TensorRole.ExpertGate => ExpertWeights.Rows(layer.Mlp?.Gate, spec.Expert, spec.Rows)?.Values,
        TensorRole.ExpertUp => ExpertWeights.Rows(layer.Mlp?.Up, spec.Expert, spec.Rows)?.Values,
        TensorRole.ExpertDown => ExpertWeights.Columns(layer.Mlp?.Down, spec.Expert, spec.Cols)?.Values,
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Role, "not a tensor of a layer"),
    };

    /// <summary>Builds layer <paramref name="index"/> of a config by asking <paramref name="read"/> for each of its tensors.</summary>
    /// <param name="stored">Asked first for matrices: gives values as they are stored, or null; null asks nobody.</param>
    public static LayerWeights Build(ModelConfig config, int index, Func<TensorSpec, float[]> read, Func<TensorSpec, NarrowValues?>? stored = null)
    {
        ILookup<TensorRole, TensorSpec> specs = TensorLayout.Layer(config, index).ToLookup(spec => spec.Role);
        LayerShape shape = config.Layers[index];
        bool routed = config.MlpOf(index).IsRouted;
        return new LayerWeights
        {
            AttentionNorm = Optional(TensorRole.AttentionNorm) ?? [],
            Attention = !shape.HasAttention ? null : new AttentionWeights
            {
                Layer = index,
                KvHeads = shape.KvHeads,
                QueryHeads = shape.QueryHeads,
                Kind = config.KindOf(index),
                Query = Matrix(TensorRole.Query),
                Key = Matrix(TensorRole.Key),
                Value = Matrix(TensorRole.Value),
                Output = Matrix(TensorRole.Output),
                QueryBias = Optional(TensorRole.QueryBias),
                KeyBias = Optional(TensorRole.KeyBias),
                ValueBias = Optional(TensorRole.ValueBias),
                OutputBias = Optional(TensorRole.OutputBias),
                PostNorm = Optional(TensorRole.AttentionPostNorm),
                QueryNorm = Optional(TensorRole.QueryNorm),
                KeyNorm = Optional(TensorRole.KeyNorm),
            },
            MlpNorm = Optional(TensorRole.MlpNorm) ?? [],
            Mlp = !shape.HasMlp ? null : new MlpWeights
            {
                Layer = index,
                Kind = config.MlpOf(index),
                Router = routed ? Matrix(TensorRole.Router) : null,
                Gate = routed ? ExpertWeights.Stacked(specs[TensorRole.ExpertGate], read) : Matrix(TensorRole.Gate),
                Up = routed ? ExpertWeights.Stacked(specs[TensorRole.ExpertUp], read) : Matrix(TensorRole.Up),
                Down = routed ? ExpertWeights.SideBySide(specs[TensorRole.ExpertDown], read) : Matrix(TensorRole.Down),
                GateBias = Optional(TensorRole.GateBias),
                UpBias = Optional(TensorRole.UpBias),
                DownBias = Optional(TensorRole.DownBias),
                PostNorm = Optional(TensorRole.MlpPostNorm),
            },
        };

        float[]? Optional(TensorRole role) => specs[role].ToArray() is [var spec] ? read(spec) : null;
        Matrix Matrix(TensorRole role) => MatrixOf(specs[role].Single());
        Matrix MatrixOf(TensorSpec spec) => stored?.Invoke(spec) is { } narrow ? new(spec.Rows, spec.Cols, narrow) : new(spec.Rows, spec.Cols, read(spec));
    }
}
