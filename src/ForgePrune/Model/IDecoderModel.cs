namespace ForgePrune.Model;

/// <summary>A decoder whose weights can be read one layer at a time. Reading widens f16 and bf16 to float32.</summary>
public interface IDecoderModel : IDisposable
{
    ModelConfig Config { get; }

    /// <summary>SHA-256 over config and weights, hex: equal models have equal hashes.</summary>
    string ContentHash { get; }

    /// <summary>Layer <paramref name="index"/> in float32, freshly allocated: the caller owns it.</summary>
    LayerWeights ReadLayer(int index);

    /// <summary>Token embedding (vocab × hidden), shared by its readers: not to be written to.</summary>
    Matrix ReadEmbedding();

    /// <summary>Final RMSNorm weight (hidden).</summary>
    float[] ReadFinalNorm();

    /// <summary>Output head (vocab × hidden); where tied, the same values as <see cref="ReadEmbedding"/>. Shared as well.</summary>
    Matrix ReadHead();
}
