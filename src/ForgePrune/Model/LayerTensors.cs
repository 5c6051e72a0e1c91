namespace ForgePrune.Model;

/// <summary>Converts between a layer and its tensors by role.</summary>
internal static class LayerTensors
{
    /// <summary>The values of <paramref name="role"/> in <paramref name="layer"/>; null where the layer has none.</summary>
    public static float[]? Values(LayerWeights layer, TensorRole role) => role switch
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
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a tensor of a layer"),
    };

    /// <summary>Builds layer <paramref name="index"/> of a config by asking <paramref name="read"/> for each of its tensors.</summary>
    public static LayerWeights Build(ModelConfig config, int index, Func<TensorSpec, float[]> read)
    {
        Dictionary<TensorRole, TensorSpec> specs = TensorLayout.Layer(config, index).ToDictionary(spec => spec.Role);
        LayerShape shape = config.Layers[index];
        return new LayerWeights
        {
            AttentionNorm = Optional(TensorRole.AttentionNorm) ?? [],
            Attention = !shape.HasAttention ? null : new AttentionWeights
            {
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
                Gate = Matrix(TensorRole.Gate),
                Up = Matrix(TensorRole.Up),
                Down = Matrix(TensorRole.Down),
                GateBias = Optional(TensorRole.GateBias),
                UpBias = Optional(TensorRole.UpBias),
                DownBias = Optional(TensorRole.DownBias),
                PostNorm = Optional(TensorRole.MlpPostNorm),
            },
        };

        float[]? Optional(TensorRole role) => specs.TryGetValue(role, out TensorSpec spec) ? read(spec) : null;
        Matrix Matrix(TensorRole role) => new(specs[role].Rows, specs[role].Cols, read(specs[role]));
    }
}
