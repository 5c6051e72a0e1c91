namespace ForgePrune.Model;

/// <summary>How a family's config.json describes experts.</summary>
/// <param name="CountKey">The key of the number of experts that is written; <c>num_experts</c> and <c>num_local_experts</c> are both read.</param>
/// <param name="DefaultCount">The experts where both are missing.</param>
/// <param name="DefaultPerToken">num_experts_per_tok where the key is missing.</param>
internal sealed record ExpertRule(string CountKey, int DefaultCount, int DefaultPerToken)
{
    /// <summary>The key of an expert's channels; null: intermediate_size, and the weights of a token's experts are always divided by their sum
    /// (Mixtral).</summary>
    public string? WidthKey { get; init; }

    /// <summary>The channels of an expert where <see cref="WidthKey"/> is missing.</summary>
    public int DefaultWidth { get; init; }

    /// <summary>Whether <c>mlp_only_layers</c> and <c>decoder_sparse_step</c> say which layers have experts; otherwise all have (Qwen3-MoE).</summary>
    public bool SomeLayers { get; init; }

    /// <summary>Whether the keys can say what experts a model has.</summary>
    public bool Expresses(ModelConfig config)
    {
        MlpKind[] kinds = [.. config.Layers.Select((_, layer) => config.MlpOf(layer)).Distinct()];
        return kinds.Count(kind => kind.IsRouted) == 1 && (SomeLayers || kinds is [{ Normalized: true }]);
    }
}
