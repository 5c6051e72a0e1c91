using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>A small model that is trained here on the bytes of a text, for what random weights cannot show.</summary>
internal sealed record BytesModel(IDecoderModel Model, IReadOnlyList<double> Losses)
{
    public const int Window = 128, Vocab = 256, CalibrationWindows = 96;

    private const int JudgingWindows = 48, TokensPerStep = 2048;

    /// <summary>A text in windows of bytes, of which the first judge.</summary>
    /// <param name="text">Half a megabyte or more.</param>
    public static (TokenWindows Judging, TokenWindows Calibration, TokenWindows Training) Read(string text)
    {
        byte[] bytes = File.ReadAllBytes(text);
        var all = new TokenWindows(Window, [.. bytes.Take(bytes.Length / Window * Window).Select(value => (int)value)]);
        const int read = JudgingWindows + CalibrationWindows;
        return (all.Slice(0, JudgingWindows), all.Slice(JudgingWindows, CalibrationWindows), all.Slice(read, all.Count - read));
    }

    /// <param name="config">Of <see cref="Vocab"/> tokens and <see cref="Window"/> positions.</param>
    /// <param name="embedding">The deviation of the values that embedding and head begin with.</param>
    public static BytesModel Trained(ModelConfig config, double embedding, TokenWindows training, int steps, int seed)
    {
        var made = Made(config, embedding, new Random(seed));
        var trainer = new RecoveryTrainer(made, made, training, new RecoveryOptions
        {
            Tokens = (long)steps * TokensPerStep,
            Loss = RecoveryLoss.Ce,
            Rate = 3e-3,
            Seed = seed,
        }, Environment.ProcessorCount);
        while (trainer.Done < trainer.Steps)
            trainer.Next();
        return new(trainer.Model, trainer.Losses);
    }

    private static InMemoryModel Made(ModelConfig config, double embedding, Random random)
    {
        LayerWeights[] layers = [.. config.Layers.Select((_, layer) => LayerTensors.Build(config, layer, Values))];
        return new(config, layers, Table(), Ones(config.HiddenSize), config.TiedEmbeddings ? null : Table());

        float[] Values(TensorSpec spec) => spec.IsVector ? Ones(spec.Rows) : Normal((int)spec.Elements, 1 / Math.Sqrt(spec.Cols));
        Matrix Table() => new(Vocab, config.HiddenSize, Normal(Vocab * config.HiddenSize, embedding));
        float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];
        // Box and Muller 1958.
        float[] Normal(int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ => (float)(deviation
            * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
