using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Holds the tensors of a checkpoint against its config: all that the layout calls for, in its shapes, finite; nothing else.</summary>
internal static class TensorCheck
{
    /// <summary>The name endings that only GPTQ, AWQ, bitsandbytes, compressed-tensors, MLX and fp8 checkpoints have.</summary>
    private static readonly string[] QuantizedParts =
        [".qweight", ".qzeros", ".g_idx", ".scales", ".absmax", ".quant_map", ".SCB", ".weight_packed", ".weight_scale", ".weight_scale_inv",
            ".weight_zero_point"];

    private static readonly string[] FusedExperts =
        [".experts.gate_up_proj", ".experts.down_proj", ".experts.gate_up_proj.weight", ".experts.down_proj.weight"];

    /// <param name="others">Tensors of a larger model that are no part of the decoder.</param>
    /// <exception cref="Errors.BadInputException">A tensor is missing, unexpected, of wrong shape or type, or not finite.</exception>
    public static void All(ModelConfig config, TensorNames names, SafetensorsSet tensors, IReadOnlyList<string> others)
    {
        RefuseQuantized(tensors);
        if (!names.Stacks(TensorRole.ExpertDown))
            RefuseFusedExperts(tensors);
        var expected = new HashSet<string>();
        foreach (StoredSpec spec in StoredSpec.Of(config, names))
        {
            expected.Add(spec.Name);
            CheckPresence(spec, tensors);
        }

        // Folders of version 0.1 have the norms of removed blocks, which nothing reads.
        var unread = config.Layers.SelectMany((shape, layer) => new[]
        {
            shape.HasAttention ? null : names[new TensorSpec(TensorRole.AttentionNorm, layer, config.HiddenSize, 0)],
            shape.HasMlp ? null : names[new TensorSpec(TensorRole.MlpNorm, layer, config.HiddenSize, 0)],
        }).Concat(others).ToHashSet();

        CheckTiedHead(config, names, tensors, expected);
        foreach (string name in tensors.Names)
            if (!expected.Contains(name) && !unread.Contains(name) && !names.IsHarmless(name))
                throw CheckpointErrors.BadTensor(tensors.FileOf(name), name, $"belongs to nothing that the config of a {config.Family} model calls for",
                    "check biases, layer count and model_type in config.json");
        foreach (string name in expected)
            CheckFinite(name, tensors);
    }

    /// <summary>Quantized weights do not always come with a config.json that says so.</summary>
    private static void RefuseQuantized(SafetensorsSet tensors)
    {
        if (tensors.Names.FirstOrDefault(name => QuantizedParts.Any(part => name.EndsWith(part, StringComparison.Ordinal))) is { } name)
            throw CheckpointErrors.BadTensor(tensors.FileOf(name), name, "is a part of quantized weights where f32, f16 and bf16 are read",
                "use the unquantized checkpoint");
    }

    /// <summary>Experts in one tensor by names that no class of the families has.</summary>
    private static void RefuseFusedExperts(SafetensorsSet tensors)
    {
        if (tensors.Names.FirstOrDefault(name => FusedExperts.Any(part => name.EndsWith(part, StringComparison.Ordinal))) is { } name)
            throw CheckpointErrors.BadTensor(tensors.FileOf(name), name, "holds all experts of a layer by a name that is not read",
                "save the model with save_pretrained, which takes experts apart");
    }

    private static void CheckPresence(StoredSpec spec, SafetensorsSet tensors)
    {
        if (tensors.Find(spec.Name) is null)
            throw Missing(spec, tensors);
        CheckForm(spec, tensors);
    }

    private static Errors.BadInputException Missing(StoredSpec spec, SafetensorsSet tensors)
    {
        string name = spec.Name;
        if (tensors.Names.FirstOrDefault(other => other.EndsWith('.' + name, StringComparison.Ordinal)) is { } longer)
            return CheckpointErrors.BadTensor(tensors.FileOf(longer), name, $"is missing, and {CheckpointErrors.Quote(longer)} is there",
                $"save the decoder by itself, or take {CheckpointErrors.Quote(longer[..^name.Length])} off the names");
        return CheckpointErrors.BadTensor(tensors.Path, name, "is missing", spec.Parts[0].Role == TensorRole.Head
            ? "add it, or set tie_word_embeddings to true in config.json if the model shares its embedding"
            : "add the shard that holds it, or correct config.json");
    }

    private static void CheckForm(StoredSpec spec, SafetensorsSet tensors)
    {
        string name = spec.Name;
        StoredTensor tensor = tensors.Find(name)!;
        if (!tensor.Shape.SequenceEqual(spec.Shape))
            throw CheckpointErrors
                .BadTensor(tensors.FileOf(name), name, $"has shape {tensor.ShapeText} where the config calls for [{string.Join(", ", spec.Shape)}]",
                "use the config.json that belongs to these weights");
        if (tensor.Type == TensorType.Other)
            throw CheckpointErrors.BadTensor(tensors.FileOf(name), name, $"has dtype {tensor.TypeName} where F32, F16 and BF16 are read",
                "convert the weights to one of them");
    }

    /// <summary>A stored head of a tied model must be the embedding: where they differ, versions of transformers disagree on which one counts.</summary>
    private static void CheckTiedHead(ModelConfig config, TensorNames names, SafetensorsSet tensors, HashSet<string> expected)
    {
        string head = names.Of(TensorRole.Head);
        if (!config.TiedEmbeddings || tensors.Find(head) is null)
            return;
        CheckForm(new StoredSpec(head, [new TensorSpec(TensorRole.Head, -1, config.VocabSize, config.HiddenSize)]), tensors);
        if (!tensors.SameValues(head, names.Of(TensorRole.Embedding)))
            throw CheckpointErrors.BadTensor(tensors.FileOf(head), head, "differs from the embedding although tie_word_embeddings is true",
                "set tie_word_embeddings to false in config.json, or remove the tensor");
        expected.Add(head);
    }

    private static void CheckFinite(string name, SafetensorsSet tensors)
    {
        long index = tensors.FirstNotFinite(name);
        if (index >= 0)
            throw CheckpointErrors.BadTensor(tensors.FileOf(name), name, $"is NaN or infinite at index {index}", "use a checkpoint of finite weights");
    }
}
