using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>A model that is read from a checkpoint. All checks happen when it is opened.</summary>
public abstract class CheckpointModel : IDecoderModel
{
    private Lazy<string> contentHash;

    private readonly SharedMatrix embedding, head, storedEmbedding, storedHead;

    private protected CheckpointModel()
    {
        contentHash = new(() => ModelHash.Compute(this));
        embedding = new SharedMatrix(() => Widened(TensorRole.Embedding));
        head = new SharedMatrix(() => Widened(TensorRole.Head));
        storedEmbedding = new SharedMatrix(() => Stored(TensorRole.Embedding) ?? ReadEmbedding());
        storedHead = new SharedMatrix(() => Stored(TensorRole.Head) ?? ReadHead());
    }

    /// <summary>The folder or file that was opened.</summary>
    public abstract string Path { get; }

    /// <inheritdoc/>
    public abstract ModelConfig Config { get; }

    /// <summary>The bytes of the files that hold the weights, without those of a larger model's other parts.</summary>
    public abstract long StoredBytes { get; }

    /// <summary>What of a larger model is not read, as a sentence without its full stop; null where nothing is left out.</summary>
    internal virtual string? LeftOut => null;

    /// <summary>The tokenizer beside the checkpoint; null where there is none.</summary>
    public abstract TokenizerSource? Tokenizer { get; }

    /// <summary>The paths of all files of config and weights.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <inheritdoc/>
    /// <remarks>It is computed from all weights on first use.</remarks>
    public string ContentHash => contentHash.Value;

    /// <summary>Takes <see cref="ContentHash"/> from remembered hashes while the files have not changed.</summary>
    public void HashBy(KnownHashes hashes) => contentHash = new(() => hashes.Of(
        $"{ModelHash.Format} of {System.IO.Path.GetFullPath(Path)}", Files, () => ModelHash.Compute(this)));

    /// <inheritdoc/>
    public Matrix ReadEmbedding() => embedding.Get();

    /// <inheritdoc/>
    public float[] ReadFinalNorm() => Read(new TensorSpec(TensorRole.FinalNorm, -1, Config.HiddenSize, 0));

    /// <inheritdoc/>
    public Matrix ReadHead() => Config.TiedEmbeddings ? ReadEmbedding() : head.Get();

    /// <inheritdoc/>
    public LayerWeights ReadLayer(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Config.Layers.Count);
        return LayerTensors.Build(Config, index, Read);
    }

    LayerWeights IDecoderModel.ReadStored(int index) => LayerTensors.Build(Config, index, Read, ReadNarrow);

    Matrix IDecoderModel.ReadStoredEmbedding() => storedEmbedding.Get();

    Matrix IDecoderModel.ReadStoredHead() => (Config.TiedEmbeddings ? storedEmbedding : storedHead).Get();

    // Every read maps a range of its own.
    bool IDecoderModel.ReadsAhead => true;

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads the values of one tensor.</summary>
    private protected abstract float[] Read(TensorSpec spec);

    /// <summary>Reads one matrix as it is stored; null where it is not stored in two bytes, row by row as the model has it.</summary>
    private protected virtual NarrowValues? ReadNarrow(TensorSpec spec) => null;

    private protected abstract void Dispose(bool disposing);

    private Matrix Widened(TensorRole role) => new(Config.VocabSize, Config.HiddenSize, Read(Spec(role)));

    private Matrix? Stored(TensorRole role) => ReadNarrow(Spec(role)) is { } narrow ? new(Config.VocabSize, Config.HiddenSize, narrow) : null;

    private TensorSpec Spec(TensorRole role) => new(role, -1, Config.VocabSize, Config.HiddenSize);
}
