using ForgePrune.Model;
using ForgePrune.Search.Costs;

/// <summary>The energy of one decode step, in joules: a step reads every weight and every cached key and value once, and reading memory is what
/// costs.</summary>
/// <param name="config">The shape of the dense model.</param>
/// <param name="context">The number of tokens in the KV cache.</param>
/// <remarks>640 pJ for a read of 32 bits from DRAM, in 45 nm (table 1 of Han et al. 2015, "Learning both Weights and Connections for Efficient Neural
/// Networks").</remarks>
internal sealed class DecodeEnergy(ModelConfig config, int context) : ICostModel
{
    private const double JoulesPerValue = 640e-12;

    /// <summary>The output head; of the embedding one row is read, which counts as nothing.</summary>
    public double Fixed => JoulesPerValue * config.VocabSize * config.HiddenSize;

    public double Attention(AttentionLevel level) =>
        JoulesPerValue * (ModelSize.Attention(config, level.KvHeads, level.QueryHeads) + 2.0 * context * level.KvHeads * config.HeadDim);

    public double Mlp(int ffn) => JoulesPerValue * ModelSize.Mlp(config, ffn);
}
