namespace ForgePrune.Model;

/// <summary>What the attention of a layer does apart from its weights; the default rotates and sees the whole past.</summary>
public readonly record struct AttentionKind
{
    /// <summary>Whether queries and keys are left as they are, without rotary embedding (SmolLM3's NoPE layers).</summary>
    public bool Unrotated { get; init; }

    /// <summary>Whether the layer turns by <see cref="ModelConfig.LocalRopeTheta"/>, without the model's scaling (the sliding layers of Gemma 3 and
    /// OLMo 3).</summary>
    public bool Local { get; init; }

    /// <summary>The number of positions that a token sees, its own included; 0 for all that are past.</summary>
    public int Window { get; init; }

    /// <summary>Whether a token sees less than the whole past of a sequence as long as <paramref name="positions"/>.</summary>
    internal bool IsWindowed(int positions) => Window > 0 && Window < positions;
}
