namespace ForgePrune.Model;

/// <summary>The shape of a decoder, independent of where it was read from. Layers may differ from each other.</summary>
public sealed record ModelConfig
{
    /// <summary>Name of the family that read it: llama, mistral, qwen2, qwen3 …</summary>
    public required string Family { get; init; }

    public required int HiddenSize { get; init; }

    /// <summary>Width of one head. Read from the checkpoint, never derived from hidden size and head count where it is given.</summary>
    public required int HeadDim { get; init; }

    public required int VocabSize { get; init; }

    /// <summary>Longest position the model was made for.</summary>
    public required int MaxPositions { get; init; }

    public required double RmsNormEps { get; init; }

    public required double RopeTheta { get; init; }

    public RopeScaling? RopeScaling { get; init; }

    /// <summary>The output head is the embedding matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>q_proj, k_proj and v_proj carry biases.</summary>
    public bool QkvBias { get; init; }

    /// <summary>o_proj carries a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>gate_proj and up_proj carry biases.</summary>
    public bool GateUpBias { get; init; }

    /// <summary>down_proj carries a bias.</summary>
    public bool DownBias { get; init; }

    /// <summary>Queries and keys are normalised per head (Qwen3).</summary>
    public bool QkNorm { get; init; }

    public int? BosTokenId { get; init; }

    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Fills up the shorter sequences of a batch; no part of the mathematics.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>One shape per layer, in order.</summary>
    public required IReadOnlyList<LayerShape> Layers { get; init; }
}
