using System.Diagnostics;
using ForgePrune.Checkpoints;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Export;
using ForgePrune.Refit;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Perf;

/// <summary>A real model and the same with fewer channels, without their words: how long they take to load, and to time in both ways.</summary>
internal static class ServingPerf
{
    /// <param name="folder">Of the exports; those that are there are used.</param>
    /// <param name="ffn">Channels that the smaller model keeps in every layer.</param>
    /// <param name="ways">"alone", "together" or both.</param>
    public static void Run(string path, string folder, int ffn, string ways)
    {
        LargeArrays.Collects = true;
        string dense = Path.Combine(folder, "dense"), pruned = Path.Combine(folder, $"ffn-{ffn}");
        using (var model = DecoderModel.Open(path))
        {
            Export(model, dense);
            var plan = new Plan([.. model.Config.Layers.Select(layer => layer with { Ffn = ffn })]);
            using var small = CompactModel.Build(model, plan, LevelSource.Gathering(model, new FirstSets(), 1L << 28));
            Export(small, pruned);
        }

        LargeArrays.GiveBack();
        var settings = new TimingSettings { Threads = Environment.ProcessorCount };
        IServedDecoder Open(string export)
        {
            var clock = Stopwatch.StartNew();
            var decoder = OnnxServing.Cpu.Open(export, settings.Threads);
            var opened = clock.Elapsed;
            decoder.Logits([.. Enumerable.Range(1, 32)]);
            Console.WriteLine($"{Path.GetFileName(export)}: opened in {opened.TotalSeconds:F1} s, 32 logits in {(clock.Elapsed - opened).TotalSeconds:F2} s");
            return decoder;
        }

        if (ways.Contains("alone"))
        {
            var clock = Stopwatch.StartNew();
            var (prefill, decode) = AloneBench.Run(() => Open(dense), () => Open(pruned), settings);
            Show("one after the other", prefill, decode, clock);
        }

        if (ways.Contains("together"))
        {
            var clock = Stopwatch.StartNew();
            var (prefill, decode) = AbBench.Run(() => Open(dense), () => Open(pruned), settings);
            Show("in turn", prefill, decode, clock);
        }
    }

    private static void Export(IDecoderModel model, string folder)
    {
        if (Directory.Exists(folder))
            return;
        var clock = Stopwatch.StartNew();
        OnnxExporter.Write(model, folder, tokenizer: null);
        Console.WriteLine($"{Path.GetFileName(folder)}: {ModelSize.Of(model.Config).Total * 4e-9:F2} GB written in {clock.Elapsed.TotalSeconds:F0} s");
    }

    private static void Show(string way, AbResult prefill, AbResult decode, Stopwatch clock)
    {
        foreach (var result in (AbResult[])[prefill, decode])
        {
            Console.WriteLine($"{way}, {result.Phase}: {result.SpeedUp.Ratio:F2}x ({result.SpeedUp.Low:F2} to {result.SpeedUp.High:F2}), {result.A.Count} turns of "
                + $"{result.A.Seconds:F3} and {result.B.Seconds:F3} s");
            foreach (var turns in (ModelTurns[])[result.A, result.B])
                Console.WriteLine("  " + string.Join(" | ", turns.Openings.Select(opening => string.Join(' ', opening.Select(value => value.ToString("F2"))))));
        }

        Console.WriteLine($"{way}: {clock.Elapsed.TotalSeconds:F0} s with loading; {Environment.WorkingSet >> 20} MB resident");
    }

    private sealed class FirstSets : IKeptSets
    {
        public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => [.. Enumerable.Range(0, level.QueryHeads)];

        public IReadOnlyList<int> Channels(int layer, int width) => [.. Enumerable.Range(0, width)];
    }
}
