using ForgePrune.IO;
using ForgePrune.Model;

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

    /// <summary>The Grams of both texts together, as files of their own in <paramref name="folder"/>: more text for the price of the new text.</summary>
    /// <param name="config">The model that both were made with.</param>
    public static GramFolder Merge(ModelConfig config, GramFolder first, GramFolder second, string folder)
    {
        var merged = new GramFolder(folder, SourceHash.Of("gram union", first.Source.Hex, second.Source.Hex));
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var (shape, index) = (config.Layers[layer], layer);
            if (shape.HasAttention)
                Add(GramFile.AttentionPath(folder, layer), grams => grams.Attention(index, shape.QueryHeads * config.HeadDim));
            if (shape.HasMlp)
                Add(GramFile.MlpPath(folder, layer), grams => grams.Mlp(index, shape.Ffn));
        }

        return merged;

        void Add(string path, Func<GramFolder, GramStatistics> read)
        {
            if (!GramFile.IsDone(path, merged.Source))
                GramFile.Write(path, merged.Source, GramStatistics.Merge(read(first), read(second)));
        }
    }
}
