using System.Diagnostics;
using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>One layer of a real model in the pieces that calibration and search are made of, each as a share of the measured roof.</summary>
internal static class ForwardPerf
{
    private const int Repeats = 3;

    /// <param name="rows">Tokens of one call, in windows of <paramref name="window"/> tokens.</param>
    public static void Run(string path, int window, int rows)
    {
        LargeArrays.Collects = true;
        var threads = Environment.ProcessorCount;
        // By the processor time that it got: others may be at work too.
        var roof = threads * Roof.PerProcessor<float>(threads);
        Console.WriteLine($"roof: float32 {roof:F0} GFLOP/s; {rows} tokens in windows of {window}");
        Console.WriteLine("piece                                wall ms  processors  GFLOP/s  of the roof  of its processors' roof");
        using var model = DecoderModel.Open(path);
        var config = model.Config;
        var shape = config.Layers[config.Layers.Count / 2];
        long hidden = config.HiddenSize, query = (long)shape.QueryHeads * config.HeadDim, kv = (long)shape.KvHeads * config.HeadDim;
        var random = new Random(1);
        var windows = new TokenWindows(window, [.. Enumerable.Range(0, rows).Select(_ => random.Next(config.VocabSize))]);
        var x = DecoderForward.Embed(model, windows);
        LayerWeights weights = null!;
        Time("reading a layer", 0, () => weights = model.ReadLayer(config.Layers.Count / 2));
        var products = 2.0 * rows * hidden * 2 * (query + kv);
        // Of the scores of a causal window half is needed.
        var scores = 2.0 * rows * window * query;
        foreach (var keeps in new[] { true, false })
        {
            using var runner = OnnxServing.Cpu.Runner(config, threads, keeps);
            var name = keeps ? "" : ", no arena";
            Time("attention" + name, products + scores, () => runner.Attention(weights.Attention!, weights.AttentionNorm, x));
            Time("attention, captured" + name, products + scores, () => runner.Attention(weights.Attention!, weights.AttentionNorm, x, true));
            Time("MLP" + name, 6.0 * rows * hidden * shape.Ffn, () => runner.Mlp(weights.Mlp!, weights.MlpNorm, x));
            Time("MLP, captured" + name, 6.0 * rows * hidden * shape.Ffn, () => runner.Mlp(weights.Mlp!, weights.MlpNorm, x, true));
            var (norm, head) = (model.ReadFinalNorm(), model.ReadHead());
            int[] scored = [.. Enumerable.Range(0, Math.Min(512, rows))];
            var logits = new float[scored.Length * config.VocabSize];
            Time($"logits of {scored.Length} rows" + name, 2.0 * scored.Length * hidden * config.VocabSize, () => runner.Logits(norm, head, x, scored, logits));
        }

        GramOf("attention", (int)query);
        GramOf("MLP", shape.Ffn);

        void GramOf(string name, int cols)
        {
            var inputs = Made.Floats(random, rows * cols);
            var sum = new double[cols * cols];
            Time($"Gram of {name}, {cols} columns", (double)rows * cols * (cols + 1),
                () => Gram.Accumulate(inputs, rows, cols, cols, sum, cols, threads));
        }

        void Time(string piece, double operations, Action action)
        {
            action();
            var (seconds, busy) = Enumerable.Range(0, Repeats).Select(_ =>
            {
                LargeArrays.Settle();
                var before = Environment.CpuUsage.TotalTime;
                var clock = Stopwatch.StartNew();
                action();
                return (clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
            }).Min();
            var rate = operations / seconds / 1e9;
            Console.WriteLine($"{piece,-35} {seconds * 1e3,8:F0} {busy / seconds,11:F2} {rate,8:F1} {rate / roof,12:P0} {operations / busy / 1e9 / (roof / threads),24:P0}");
        }
    }
}
