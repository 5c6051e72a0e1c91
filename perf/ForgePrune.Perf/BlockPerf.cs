using System.Diagnostics;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>One whole layer of a real config with made weights, from calibration to refitted weights of half of it: what a run does once for each
/// layer.</summary>
internal static class BlockPerf
{
    private const int Window = 256, Words = 512, Seed = 5;

    public static void Run(string configFile, int tokens, int threads)
    {
        var read = HuggingFaceConfig.Read(configFile).Config;
        if (read.HasExperts)
            throw new ArgumentException("experts have no Gram and no refit", nameof(configFile));
        var config = read with
        {
            VocabSize = Words,
            BosTokenId = null,
            EosTokenIds = [],
            PadTokenId = null,
            TiedEmbeddings = true,
            Layers = [read.Layers[0]],
            Attention = [.. read.Attention.Take(1)],
        };
        var (shape, random) = (config.Layers[0], new Random(Seed));
        Console.WriteLine($"{config.Family}, hidden {config.HiddenSize}, {shape.QueryHeads} heads of {config.HeadDim} on {shape.KvHeads}, "
            + $"{shape.Ffn} channels; {tokens} tokens, {threads} threads");
        var model = Timed("weights", () => Weights(config, random));
        var text = new TokenWindows(Window, [.. Enumerable.Range(0, tokens / Window * Window).Select(_ => random.Next(Words))]);
        var folder = Path.Combine(Path.GetTempPath(), $"forgeprune-block-{Environment.ProcessId}");
        Directory.CreateDirectory(Path.Combine(folder, "grams"));
        Directory.CreateDirectory(Path.Combine(folder, "levels"));
        try
        {
            using var runner = OnnxServing.Cpu.Runner(config, threads);
            var device = new CpuDevice(threads);
            var grams = new GramFolder(Path.Combine(folder, "grams"), Calibrator.Source(model, text));
            Timed("calibration", () => Calibrator.Run(model, runner, text, grams.Path, device));
            var levels = Timed("levels", () => LevelBuilder.Run(model, grams, new LevelOptions(), Path.Combine(folder, "levels"), device));
            var half = new LayerShape(shape.KvHeads, shape.QueryHeads, shape.Ffn / 2);
            var heads = config.QkNormAcrossHeads || shape.KvHeads < 2 ? shape : new LayerShape(shape.KvHeads / 2, shape.QueryHeads / 2, shape.Ffn);
            var source = LevelSource.Refitting(model, levels, grams, 0, device);
            var mlp = Timed("refit of half of the channels", () => source.Mlp(0, half)!);
            var attention = Timed("refit of half of the heads", () => source.Attention(0, heads)!);
            var losses = levels.Layers[0].Mlp!.Losses;
            Console.WriteLine(FormattableString.Invariant($"loss of half of the channels {losses[half.Ffn] / losses[0]:0.000} of that of none left; ")
                + $"{mlp.Down.Rows} x {mlp.Down.Cols} and {attention.Output.Rows} x {attention.Output.Cols} weights, all finite: "
                + $"{mlp.Down.Values.All(float.IsFinite) && attention.Output.Values.All(float.IsFinite)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"peak memory {Bytes.Show(process.PeakWorkingSet64)}");
    }

    /// <summary>Of a scale that keeps activations near one.</summary>
    private static InMemoryModel Weights(ModelConfig config, Random random)
    {
        var layer = LayerTensors.Build(config, 0, spec => spec.Role.IsNorm() ? [.. Enumerable.Repeat(1f, (int)spec.Elements)]
            : Values(random, spec.Elements, spec.IsVector ? 0.1 : 1 / Math.Sqrt(spec.Cols)));
        return new InMemoryModel(config, [layer], new Matrix(Words, config.HiddenSize, Values(random, (long)Words * config.HiddenSize, 1)),
            [.. Enumerable.Repeat(1f, config.HiddenSize)], null);
    }

    private static float[] Values(Random random, long count, double deviation)
    {
        var values = LargeArray.Uninitialized<float>(count);
        for (long i = 0; i < count; i++)
            values[i] = (float)(deviation * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1));
        return values;
    }

    private static T Timed<T>(string what, Func<T> work)
    {
        var start = Stretch.Now;
        var result = work();
        Console.WriteLine($"{what,-32}{Stretch.Now - start}");
        return result;
    }

    private static void Timed(string what, Action work) => Timed(what, () =>
    {
        work();
        return 0;
    });
}
