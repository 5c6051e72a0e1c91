using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The offset of each tensor in a llama2.c checkpoint. The file groups by kind: each array below holds that tensor of all layers in turn.
/// Two tables of rotary frequencies (seq_len × head_dim / 2) stand before an untied head; they follow from the config and are skipped.</summary>
internal sealed class Llama2cLayout
{
    private readonly Dictionary<TensorRole, long> starts = [];

    public Llama2cLayout(Llama2cHeader header)
    {
        long dim = header.Dim, keyValue = (long)header.KvHeads * header.HeadDim, ffn = header.Hidden, layers = header.Layers;
        long at = Llama2cHeader.Length;
        Array(TensorRole.Embedding, header.Vocab * dim);
        Array(TensorRole.AttentionNorm, layers * dim);
        Array(TensorRole.Query, layers * dim * dim);
        Array(TensorRole.Key, layers * dim * keyValue);
        Array(TensorRole.Value, layers * dim * keyValue);
        Array(TensorRole.Output, layers * dim * dim);
        Array(TensorRole.MlpNorm, layers * dim);
        Array(TensorRole.Gate, layers * ffn * dim);
        Array(TensorRole.Down, layers * dim * ffn);
        Array(TensorRole.Up, layers * ffn * dim);
        Array(TensorRole.FinalNorm, dim);
        at += header.Positions * (long)header.HeadDim * sizeof(float);
        if (!header.Tied)
            Array(TensorRole.Head, header.Vocab * dim);
        Length = at;

        void Array(TensorRole role, long elements)
        {
            starts[role] = at;
            at += elements * sizeof(float);
        }
    }

    /// <summary>Bytes of the whole checkpoint; below 2^63 for every header that passed its checks.</summary>
    public long Length { get; }

    /// <summary>First byte of a tensor.</summary>
    public long Offset(TensorSpec spec) => starts[spec.Role] + (Math.Max(spec.Layer, 0) * spec.Elements * sizeof(float));
}
