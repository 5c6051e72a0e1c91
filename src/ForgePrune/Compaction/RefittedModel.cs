using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Storage;

namespace ForgePrune.Compaction;

/// <summary>The result of the final refit: a model whose layers are made when they are read, and the sets it keeps.</summary>
public sealed class RefittedModel : IKeptSets
{
    private readonly string folder;
    private readonly SourceHash source;

    private RefittedModel(IDecoderModel model, string folder, SourceHash source) => (Model, this.folder, this.source) = (model, folder, source);

    /// <summary>The refitted model; the dense one must stay open.</summary>
    public IDecoderModel Model { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level)
    {
        var shape = Model.Config.Layers[layer];
        return level == new AttentionLevel(shape.KvHeads, shape.QueryHeads)
            ? RefittedBlock.Read(RefittedBlock.AttentionPath(folder, layer), source).Kept
            : throw new ArgumentOutOfRangeException(nameof(level), level, $"layer {layer} was refitted at {shape} only");
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => width == Model.Config.Layers[layer].Ffn
        ? RefittedBlock.Read(RefittedBlock.MlpPath(folder, layer), source).Kept
        : throw new ArgumentOutOfRangeException(nameof(width), width, $"layer {layer} was refitted at {Model.Config.Layers[layer]} only");

    internal static RefittedModel Open(IDecoderModel dense, ModelConfig pruned, bool affine, string folder, SourceHash source)
    {
        var config = pruned with { OutputBias = pruned.OutputBias || affine, DownBias = pruned.DownBias || affine };
        var model = new InMemoryModel(
            config, Layer, dense.ReadEmbedding, dense.ReadFinalNorm(), config.TiedEmbeddings ? null : dense.ReadHead);
        return new RefittedModel(model, folder, source);

        LayerWeights Layer(int index)
        {
            var (full, shape) = (dense.ReadLayer(index), config.Layers[index]);
            var attention = shape.HasAttention ? RefittedBlock.Read(RefittedBlock.AttentionPath(folder, index), source) : null;
            var mlp = shape.HasMlp ? RefittedBlock.Read(RefittedBlock.MlpPath(folder, index), source) : null;
            return OutputBiases.Complete(config, full with
            {
                Attention = attention is null ? null : BlockCompaction.Attention(full.Attention!, attention.Kept, attention.Output),
                Mlp = mlp is null ? null : BlockCompaction.Mlp(full.Mlp!, mlp.Kept, mlp.Output),
            });
        }
    }
}
