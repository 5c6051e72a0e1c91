using ForgePrune.Model;

namespace ForgePrune.Onnx.Timing;

/// <summary>Decoders of any shape with random weights: times depend on shapes, not on values.</summary>
internal static class SyntheticDecoder
{
    public static InMemoryModel Of(ModelConfig config)
    {
        var norm = new float[config.HiddenSize];
        Array.Fill(norm, 1f);
        var head = config.TiedEmbeddings ? null : new Matrix(config.VocabSize, config.HiddenSize,
            Uniform((long)config.VocabSize * config.HiddenSize, config.HiddenSize, 2));
        return new InMemoryModel(
            config,
            layer =>
                LayerTensors.Build(config, layer, spec => Uniform(
                    spec.Elements, spec.IsVector ? 1 : spec.Cols, 100 + ((ulong)layer * 100) + (ulong)spec.Role + ((ulong)spec.Expert << 32))),
            new Matrix(config.VocabSize, config.HiddenSize, Uniform((long)config.VocabSize * config.HiddenSize, config.HiddenSize, 1)),
            norm,
            head);
    }

    /// <summary>Values of variance 1 / <paramref name="cols"/>, which keeps activations near one and far from denormals. Xorshift64*.</summary>
    private static float[] Uniform(long count, int cols, ulong stream)
    {
        var values = new float[count];
        var state = stream * 0x9E3779B97F4A7C15UL;
        var scale = (float)(Math.Sqrt(12.0 / cols) / (1 << 24));
        for (var i = 0; i < values.Length; i++)
        {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            values[i] = ((int)((state * 0x2545F4914F6CDD1DUL) >> 40) - (1 << 23)) * scale;
        }
        return values;
    }
}
