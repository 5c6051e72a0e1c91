namespace ForgePrune.Model;

/// <summary>A model whose weights are in memory, or are computed on demand, as in compaction. Reading returns the given arrays, not copies.</summary>
public sealed class InMemoryModel : IDecoderModel
{
    private readonly Func<int, LayerWeights> layers;
    private readonly Func<Matrix> embedding;
    private readonly float[] finalNorm;
    private readonly Func<Matrix> head;
    private readonly Lazy<string> contentHash;

    /// <summary>A model whose layers are in memory.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="layers">The weights of each layer of <paramref name="config"/>.</param>
    /// <param name="embedding">The token embedding, vocab × hidden.</param>
    /// <param name="finalNorm">The weight of the final RMSNorm, hidden values.</param>
    /// <param name="head">The output head, vocab × hidden; null for tied embeddings.</param>
    /// <exception cref="ArgumentException">The number of layers differs from the config, or the head contradicts
    /// <see cref="ModelConfig.TiedEmbeddings"/>.</exception>
    public InMemoryModel(ModelConfig config, IReadOnlyList<LayerWeights> layers, Matrix embedding, float[] finalNorm, Matrix? head)
        : this(config, index => layers[index], () => embedding, finalNorm, head is null ? null : () => head)
    {
        if (layers.Count != config.Layers.Count)
            throw new ArgumentException($"{layers.Count} layers where the config has {config.Layers.Count}", nameof(layers));
    }

    /// <summary>A model whose layers are computed on demand.</summary>
    /// <param name="layers">Computes the layer of an index; called at every read.</param>
    /// <inheritdoc cref="InMemoryModel(ModelConfig, IReadOnlyList{LayerWeights}, Matrix, float[], Matrix?)"/>
    public InMemoryModel(ModelConfig config, Func<int, LayerWeights> layers, Matrix embedding, float[] finalNorm, Matrix? head)
        : this(config, layers, () => embedding, finalNorm, head is null ? null : () => head)
    {
    }

    /// <summary>A model whose layers, embedding and head are computed on demand.</summary>
    /// <inheritdoc cref="InMemoryModel(ModelConfig, Func{int, LayerWeights}, Matrix, float[], Matrix?)"/>
    public InMemoryModel(ModelConfig config, Func<int, LayerWeights> layers, Func<Matrix> embedding, float[] finalNorm, Func<Matrix>? head)
    {
        if (config.TiedEmbeddings != head is null)
            throw new ArgumentException("a tied config has no head of its own, an untied one has", nameof(head));
        Config = config;
        this.layers = layers;
        this.embedding = embedding;
        this.finalNorm = finalNorm;
        this.head = head ?? embedding;
        contentHash = new(() => ModelHash.Compute(this));
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <summary>The model whose embedding and head these are, to be asked how they are stored; null where they are nobody else's.</summary>
    internal IDecoderModel? Vocabulary { get; init; }

    /// <inheritdoc/>
    public string ContentHash => contentHash.Value;

    /// <inheritdoc/>
    public LayerWeights ReadLayer(int index) => layers(index);

    /// <inheritdoc/>
    public Matrix ReadEmbedding() => embedding();

    /// <inheritdoc/>
    public float[] ReadFinalNorm() => finalNorm;

    /// <inheritdoc/>
    public Matrix ReadHead() => head();

    Matrix IDecoderModel.ReadStoredEmbedding() => Vocabulary?.ReadStoredEmbedding() ?? embedding();

    Matrix IDecoderModel.ReadStoredHead() => Vocabulary?.ReadStoredHead() ?? head();

    /// <summary>Does nothing: the arrays belong to the caller.</summary>
    public void Dispose()
    {
    }
}
