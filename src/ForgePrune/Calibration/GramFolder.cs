using ForgePrune.Storage;

namespace ForgePrune.Calibration;

/// <summary>A folder of Gram files. Nothing is cached: a Gram is the largest thing that pruning handles.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Source">What its files must have been made from.</param>
public sealed record GramFolder(string Path, SourceHash Source)
{
    /// <summary>Gram of the inputs of o_proj in <paramref name="layer"/> (queryHeads·headDim columns).</summary>
    public GramStatistics Attention(int layer, int cols) => GramFile.Read(GramFile.AttentionPath(Path, layer), cols, Source);

    /// <summary>Gram of the inputs of down_proj in <paramref name="layer"/> (ffn columns).</summary>
    public GramStatistics Mlp(int layer, int cols) => GramFile.Read(GramFile.MlpPath(Path, layer), cols, Source);
}
