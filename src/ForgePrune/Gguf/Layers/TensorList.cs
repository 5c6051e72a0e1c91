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
        foreach (var (name, divisors) in RotaryDivisors())
            yield return Vector(name, divisors.Length, () => divisors);
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

    /// <summary>What llama.cpp divides the frequencies θ^(−2i/width) by.</summary>
    private IEnumerable<(string Name, float[] Values)> RotaryDivisors()
    {
        if (config.RopeScaling is not { } scaling || architecture.LinearRope)
            yield break;
        float[] within = [.. RotaryTable.PlainFrequencies(config).Zip(RotaryTable.Frequencies(config), (before, after) => (float)(before / after))];
        if (!architecture.JoinsGateUp)
        {
            yield return ("rope_freqs.weight", within);
            yield break;
        }

        float[] beyond = scaling is LongRopeScaling extended ? [.. extended.LongFactors.Select(factor => (float)factor)] : within;
        yield return ("rope_factors_long.weight", beyond);
        yield return ("rope_factors_short.weight", within);
    }
}
