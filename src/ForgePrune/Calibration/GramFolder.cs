using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Calibration;

/// <summary>A folder of Gram files. Nothing is cached: a Gram is the largest thing that pruning handles.</summary>
/// <param name="Path">The path of the folder.</param>
/// <param name="Source">The hash of model and text that its files must carry: <see cref="Calibrator.Source"/>.</param>
public sealed record GramFolder(string Path, SourceHash Source) : IGramSource
{
    /// <inheritdoc/>
    public GramStatistics Attention(int layer, int cols) => GramFile.Read(GramFile.AttentionPath(Path, layer), cols, Source);

    /// <inheritdoc/>
    public GramStatistics Mlp(int layer, int cols) => GramFile.Read(GramFile.MlpPath(Path, layer), cols, Source);

    /// <inheritdoc/>
    public GramStatistics Expert(int layer, int expert, int cols) => GramFile.Read(GramFile.ExpertPath(Path, layer, expert), cols, Source);

    /// <summary>Reads what the text says of the experts of a layer.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="count">The number of experts of the dense layer.</param>
    /// <exception cref="Errors.BadInputException">The file is missing or damaged, belongs to another source, or has another number of experts.</exception>
    public ExpertStatistics Experts(int layer, int count) => ExpertFile.Read(ExpertFile.Path(Path, layer), count, Source);

    /// <summary>Writes the Grams of both texts together into <paramref name="folder"/>, so that more text costs only the pass over the new text.</summary>
    /// <param name="config">The config of the model that both folders belong to.</param>
    /// <param name="first">The Grams of one text.</param>
    /// <param name="second">The Grams of the other text, of the same model.</param>
    /// <param name="folder">The folder of the sums; files that are there already are kept.</param>
    /// <exception cref="Errors.BadInputException">A file is missing or damaged, or belongs to another source.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    public static GramFolder Merge(ModelConfig config, GramFolder first, GramFolder second, string folder)
    {
        var merged = new GramFolder(folder, SourceHash.Of("gram union", first.Source.Hex, second.Source.Hex));
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var (shape, index) = (config.Layers[layer], layer);
            if (shape.HasAttention)
                Add(GramFile.AttentionPath(folder, layer), grams => grams.Attention(index, shape.QueryHeads * config.HeadDim));
            if (shape.HasMlp && config.MlpOf(layer) is { IsRouted: true } kind)
                AddExperts(layer, kind.Experts(shape.Ffn), kind.ExpertWidth);
            else if (shape.HasMlp)
                Add(GramFile.MlpPath(folder, layer), grams => grams.Mlp(index, shape.Ffn));
        }

        return merged;

        void AddExperts(int layer, int count, int width)
        {
            for (var expert = 0; expert < count; expert++)
            {
                var number = expert;
                Add(GramFile.ExpertPath(folder, layer, expert), grams => grams.Expert(layer, number, width));
            }

            var path = ExpertFile.Path(folder, layer);
            if (!ExpertFile.IsDone(path, merged.Source))
                ExpertFile.Write(path, merged.Source, ExpertStatistics.Merge(first.Experts(layer, count), second.Experts(layer, count)));
        }

        void Add(string path, Func<GramFolder, GramStatistics> read)
        {
            if (!GramFile.IsDone(path, merged.Source))
                GramFile.Write(path, merged.Source, GramStatistics.Merge(read(first), read(second)));
        }
    }
}
