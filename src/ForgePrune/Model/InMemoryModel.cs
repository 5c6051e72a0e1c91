namespace ForgePrune.Model;

/// <summary>A model whose weights are already there, or are made on demand, as compaction does. Reading returns the given arrays, not copies.</summary>
public sealed class InMemoryModel : IDecoderModel
{
    private readonly Func<int, LayerWeights> layers;
    private readonly Func<Matrix> embedding;
    private readonly float[] finalNorm;
    private readonly Func<Matrix> head;
    private readonly Lazy<string> contentHash;

    /// <param name="layers">One per layer of <paramref name="config"/>.</param>
    /// <param name="embedding">vocab × hidden.</param>
    /// <param name="finalNorm">hidden.</param>
    /// <param name="head">vocab × hidden; null where the embedding is tied.</param>
    public InMemoryModel(ModelConfig config, IReadOnlyList<LayerWeights> layers, Matrix embedding, float[] finalNorm, Matrix? head)
        : this(config, index => layers[index], () => embedding, finalNorm, head is null ? null : () => head)
    {
        if (layers.Count != config.Layers.Count)
            throw new ArgumentException($"{layers.Count} layers where the config has {config.Layers.Count}", nameof(layers));
    }

    /// <param name="layers">Makes layer i; asked again whenever the layer is read.</param>
    /// <inheritdoc cref="InMemoryModel(ModelConfig, IReadOnlyList{LayerWeights}, Matrix, float[], Matrix?)"/>
    public InMemoryModel(ModelConfig config, Func<int, LayerWeights> layers, Matrix embedding, float[] finalNorm, Matrix? head)
        : this(config, layers, () => embedding, finalNorm, head is null ? null : () => head)
    {
    }

    /// <summary>Everything large is made on demand.</summary>
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

    public ModelConfig Config { get; }

    public string ContentHash => contentHash.Value;

    public LayerWeights ReadLayer(int index) => layers(index);

    public Matrix ReadEmbedding() => embedding();

    public float[] ReadFinalNorm() => finalNorm;

    public Matrix ReadHead() => head();

    public void Dispose()
    {
    }
}
