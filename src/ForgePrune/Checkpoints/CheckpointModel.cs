using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>A model read from a checkpoint, checked completely when it is opened.</summary>
public abstract class CheckpointModel : IDecoderModel
{
    private Lazy<string> contentHash;

    private readonly SharedMatrix embedding, head;

    private protected CheckpointModel()
    {
        contentHash = new(() => ModelHash.Compute(this));
        embedding = new SharedMatrix(() => Widened(TensorRole.Embedding));
        head = new SharedMatrix(() => Widened(TensorRole.Head));
    }

    /// <summary>The folder or file that was opened.</summary>
    public abstract string Path { get; }

    public abstract ModelConfig Config { get; }

    /// <summary>Bytes of the files that hold the weights.</summary>
    public abstract long StoredBytes { get; }

    /// <summary>Where the tokenizer lies; null where the checkpoint has none beside it.</summary>
    public abstract TokenizerSource? Tokenizer { get; }

    /// <summary>Every file that config and weights come from.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>Computed from all weights on first use and then kept.</summary>
    public string ContentHash => contentHash.Value;

    /// <summary>Has <see cref="ContentHash"/> taken from what is known of these files, as long as they have not changed.</summary>
    public void HashBy(KnownHashes hashes) => contentHash = new(() => hashes.Of(
        $"{ModelHash.Format} of {System.IO.Path.GetFullPath(Path)}", Files, () => ModelHash.Compute(this)));

    public Matrix ReadEmbedding() => embedding.Get();

    public float[] ReadFinalNorm() => Read(new TensorSpec(TensorRole.FinalNorm, -1, Config.HiddenSize, 0));

    public Matrix ReadHead() => Config.TiedEmbeddings ? ReadEmbedding() : head.Get();

    public LayerWeights ReadLayer(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Config.Layers.Count);
        return LayerTensors.Build(Config, index, Read);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The values of one tensor of the layout.</summary>
    private protected abstract float[] Read(TensorSpec spec);

    private protected abstract void Dispose(bool disposing);

    private Matrix Widened(TensorRole role) =>
        new(Config.VocabSize, Config.HiddenSize, Read(new TensorSpec(role, -1, Config.VocabSize, Config.HiddenSize)));
}
