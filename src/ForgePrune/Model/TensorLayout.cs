namespace ForgePrune.Model;

/// <summary>The tensors that a config calls for, in one fixed order: embedding, layers, final norm, head.
/// Checkpoints are validated, written, hashed and counted along this list. A block of no heads or no channels has no tensors, its norm included;
/// a tied head has none.</summary>
internal static class TensorLayout
{
    /// <summary>All tensors of a model.</summary>
    public static IEnumerable<TensorSpec> Of(ModelConfig config)
    {
        yield return new(TensorRole.Embedding, -1, config.VocabSize, config.HiddenSize);
        for (int layer = 0; layer < config.Layers.Count; layer++)
            foreach (TensorSpec spec in Layer(config, layer))
                yield return spec;
        yield return new(TensorRole.FinalNorm, -1, config.HiddenSize, 0);
        if (!config.TiedEmbeddings)
            yield return new(TensorRole.Head, -1, config.VocabSize, config.HiddenSize);
    }

    /// <summary>The tensors of one layer.</summary>
    public static IEnumerable<TensorSpec> Layer(ModelConfig config, int layer)
    {
        LayerShape shape = config.Layers[layer];
        int hidden = config.HiddenSize;
        if (shape.HasAttention)
        {
            if (config.NormsBefore)
                yield return Vector(TensorRole.AttentionNorm, hidden);
            int query = checked(shape.QueryHeads * config.HeadDim), keyValue = checked(shape.KvHeads * config.HeadDim);
            yield return Matrix(TensorRole.Query, query, hidden);
            if (config.QkvBias)
                yield return Vector(TensorRole.QueryBias, query);
            if (config.QkNorm)
                yield return Vector(TensorRole.QueryNorm, config.HeadNormWidth(shape.QueryHeads));
            yield return Matrix(TensorRole.Key, keyValue, hidden);
            if (config.QkvBias)
                yield return Vector(TensorRole.KeyBias, keyValue);
            if (config.QkNorm)
                yield return Vector(TensorRole.KeyNorm, config.HeadNormWidth(shape.KvHeads));
            yield return Matrix(TensorRole.Value, keyValue, hidden);
            if (config.QkvBias)
                yield return Vector(TensorRole.ValueBias, keyValue);
            yield return Matrix(TensorRole.Output, hidden, query);
            if (config.OutputBias)
                yield return Vector(TensorRole.OutputBias, hidden);
            if (config.NormsBehind)
                yield return Vector(TensorRole.AttentionPostNorm, hidden);
        }

        if (shape.HasMlp && config.MlpOf(layer) is { IsRouted: true } kind)
        {
            yield return Vector(TensorRole.MlpNorm, hidden);
            yield return Matrix(TensorRole.Router, kind.Experts(shape.Ffn), hidden);
            for (int expert = 0; expert < kind.Experts(shape.Ffn); expert++)
            {
                yield return Matrix(TensorRole.ExpertGate, kind.ExpertWidth, hidden) with { Expert = expert };
                yield return Matrix(TensorRole.ExpertUp, kind.ExpertWidth, hidden) with { Expert = expert };
                yield return Matrix(TensorRole.ExpertDown, hidden, kind.ExpertWidth) with { Expert = expert };
            }
        }
        else if (shape.HasMlp)
        {
            if (config.NormsBefore)
                yield return Vector(TensorRole.MlpNorm, hidden);
            yield return Matrix(TensorRole.Gate, shape.Ffn, hidden);
            if (config.GateUpBias)
                yield return Vector(TensorRole.GateBias, shape.Ffn);
            yield return Matrix(TensorRole.Up, shape.Ffn, hidden);
            if (config.GateUpBias)
                yield return Vector(TensorRole.UpBias, shape.Ffn);
            yield return Matrix(TensorRole.Down, hidden, shape.Ffn);
            if (config.DownBias)
                yield return Vector(TensorRole.DownBias, hidden);
            if (config.NormsBehind)
                yield return Vector(TensorRole.MlpPostNorm, hidden);
        }

        TensorSpec Matrix(TensorRole role, int rows, int cols) => new(role, layer, rows, cols);
        TensorSpec Vector(TensorRole role, int length) => new(role, layer, length, 0);
    }
}
