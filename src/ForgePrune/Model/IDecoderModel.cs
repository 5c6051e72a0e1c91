namespace ForgePrune.Model;

/// <summary>A decoder whose weights can be read one layer at a time. Reading widens f16 and bf16 to float32.</summary>
public interface IDecoderModel : IDisposable
{
    /// <summary>The shape of the model.</summary>
    ModelConfig Config { get; }

    /// <summary>The SHA-256 hash of config and weights in lower-case hexadecimal. Equal models have equal hashes, however they are stored.</summary>
    string ContentHash { get; }

    /// <summary>Reads the weights of layer <paramref name="index"/>, from 0, in float32.</summary>
    /// <exception cref="Errors.BadInputException">The file of the weights is damaged.</exception>
    LayerWeights ReadLayer(int index);

    /// <summary>The same with matrices of two bytes as they are stored: they are widened when somebody asks for their values.</summary>
    internal LayerWeights ReadStored(int index) => ReadLayer(index);

    /// <summary>Whether a layer can be read while another thread uses the model.</summary>
    internal bool ReadsAhead => false;

    /// <summary>The token embedding, vocab × hidden. Readers share the array and must not write to it.</summary>
    Matrix ReadEmbedding();

    /// <summary>The weight of the final RMSNorm, hidden values.</summary>
    float[] ReadFinalNorm();

    /// <summary>The output head, vocab × hidden. For tied embeddings it has the values of <see cref="ReadEmbedding"/>. Readers share the array and
    /// must not write to it.</summary>
    Matrix ReadHead();

    /// <summary>The embedding as it is stored, in two bytes where a checkpoint has it so. Shared, and not written to.</summary>
    internal Matrix ReadStoredEmbedding() => ReadEmbedding();

    /// <summary>The output head as it is stored; for tied embeddings the matrix of <see cref="ReadStoredEmbedding"/>. Shared, and not written to.</summary>
    internal Matrix ReadStoredHead() => ReadHead();
}
