using System.Runtime.InteropServices;
using ForgePrune.Forward;
using ForgePrune.Gguf.Container;
using ForgePrune.Model;

namespace ForgePrune.Gguf.Layers;

/// <summary>The tensors of a file in their order, under llama.cpp's names.</summary>
internal sealed class TensorList(IDecoderModel model, GgufArchitecture architecture, GgufType type, LayerSource source, int threads)
{
    private readonly ModelConfig config = model.Config;

    /// <param name="layers">The layers of the file.</param>
    public IEnumerable<FileTensor> Of(IReadOnlyList<PackedLayer> layers)
    {
        yield return Vocabulary("token_embd.weight", model.ReadEmbedding);
        if (config.RopeScaling is not null)
            yield return Vector("rope_freqs.weight", config.HeadDim / 2, RotaryFactors);
        var tensors = new LayerTensorList(config, architecture, type, source, threads);
        for (var index = 0; index < layers.Count; index++)
            foreach (var tensor in tensors.Of(index, layers[index]))
                yield return tensor;
        yield return Vector("output_norm.weight", config.HiddenSize, model.ReadFinalNorm);
        if (!config.TiedEmbeddings)
            yield return Vocabulary("output.weight", model.ReadHead);
    }

    internal static FileTensor Vector(string name, int length, Func<float[]> values) => new(GgufTensor.Vector(name, length), stream =>
    {
        var padded = new float[length];
        values().CopyTo(padded, 0);
        stream.Write(MemoryMarshal.AsBytes(padded.AsSpan()));
    });

    private FileTensor Vocabulary(string name, Func<Matrix> read)
    {
        var tensor = new GgufTensor(name, GgufTypes.Vocabulary(type), config.VocabSize, config.HiddenSize);
        return new(tensor, stream => new TensorRows(read()).Write(stream, tensor, threads));
    }

    /// <summary>What llama.cpp divides the frequencies θ^(−2i/headDim) by.</summary>
    private float[] RotaryFactors()
    {
        var plain = RotaryTable.Frequencies(config with { RopeScaling = null });
        return [.. plain.Zip(RotaryTable.Frequencies(config), (before, after) => (float)(before / after))];
    }
}
