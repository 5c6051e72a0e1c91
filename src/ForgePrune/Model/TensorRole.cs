namespace ForgePrune.Model;

/// <summary>What a tensor is in a decoder, whatever a checkpoint calls it.</summary>
public enum TensorRole
{
    Embedding,
    AttentionNorm,
    Query,
    QueryBias,
    QueryNorm,
    Key,
    KeyBias,
    KeyNorm,
    Value,
    ValueBias,
    Output,
    OutputBias,
    MlpNorm,
    Gate,
    GateBias,
    Up,
    UpBias,
    Down,
    DownBias,
    FinalNorm,
    Head,
}
