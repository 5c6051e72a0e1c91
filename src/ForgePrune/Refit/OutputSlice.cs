using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Keeps the columns as they are, without any update: what the baselines do.</summary>
internal sealed class OutputSlice : IOutputProjections
{
    public bool AddsBias => false;

    public Projection Attention(int layer, AttentionWeights dense, IReadOnlyList<int> heads) =>
        new(BlockSlice.Columns(dense.Output, heads, dense.Output.Cols / dense.QueryHeads), dense.OutputBias);

    public Projection Mlp(int layer, MlpWeights dense, IReadOnlyList<int> channels) =>
        new(BlockSlice.Columns(dense.Down, channels, 1), dense.DownBias);
}
