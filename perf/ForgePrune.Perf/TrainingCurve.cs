using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>From uniform second-order removal of one half, with no refit beyond the removal's own: a training that another program can repeat step by step, at
/// constant rate and without clipping (<c>perf/torch/training_curve.py</c> reads what it leaves), and the tool's own, on the same tokens.</summary>
internal static class TrainingCurve
{
    private const int Window = 256, Seed = 0;
    private const double Removed = 0.5;

    /// <param name="calibration">Token ids, uint16, in rows of 256; <paramref name="text"/> and <paramref name="evaluation"/> too.</param>
    public static void Run(string model, string calibration, string text, string evaluation, RecoveryLoss loss, int steps, string folder)
    {
        using var dense = DecoderModel.Open(model);
        using var runner = OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount);
        var (windows, judge) = (Windows(text), Windows(evaluation));
        using var start = Pruned(dense, runner, Windows(calibration), folder);
        CheckpointWriter.Write(start, Path.Combine(folder, "start"));
        Report("before training", start);

        var options = new RecoveryOptions
        {
            Tokens = (long)steps * 8 * Window,
            Loss = loss,
            Rate = 1e-4,
            Beta2 = 0.999,
            ClipNorm = double.PositiveInfinity,
            Schedule = new(ScheduleShape.Constant),
            Seed = Seed,
        };
        var trainer = Train("constant rate", options);
        Train("the tool's own rates", new RecoveryOptions { Tokens = options.Tokens, Loss = loss, Seed = Seed });
        var (order, at) = (new WindowOrder(windows.Count, Seed), options.WindowsPerStep(Window));
        var curve = new Curve($"{loss}".ToLowerInvariant(), [.. Enumerable.Range(0, steps)
            .Select(step => Enumerable.Range(step * at, at).Select(place => order.At(place)).ToArray())], [.. trainer.Losses]);
        File.WriteAllText(Path.Combine(folder, "curve.json"), JsonSerializer.Serialize(curve, JsonSerializerOptions.Web));

        RecoveryTrainer Train(string how, RecoveryOptions of)
        {
            var trainer = new RecoveryTrainer(start, dense, windows, of, Environment.ProcessorCount);
            var clock = Stopwatch.StartNew();
            while (trainer.Done < trainer.Steps)
                trainer.Next();
            Report(string.Create(CultureInfo.InvariantCulture,
                $"{how}, {steps} steps in {clock.Elapsed.TotalSeconds:F0} s, loss {trainer.Losses[0]:F4} to {trainer.Losses[^1]:F4}"), trainer.Model);
            return trainer;
        }

        void Report(string when, IDecoderModel pruned)
        {
            var result = ModelEvaluation.Run(pruned, runner, judge, dense);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: KL {result.Kl:F4}, perplexity {result.Perplexity:F3}"));
        }
    }

    private static IDecoderModel Pruned(CheckpointModel dense, IBlockRunner runner, TokenWindows windows, string folder)
    {
        var grams = new GramFolder(Path.Combine(folder, "grams"), Calibrator.Source(dense, windows));
        Calibrator.Run(dense, runner, windows, grams.Path, new CpuDevice(Environment.ProcessorCount));
        var levels = LevelBuilder.Run(dense, grams, new LevelOptions(), Path.Combine(folder, "levels"), new CpuDevice(Environment.ProcessorCount));
        return CompactModel.Build(dense, UniformBudget.Plan(dense.Config, Removed),
            LevelSource.Refitting(dense, levels, grams, cacheBytes: 1L << 30, new CpuDevice(Environment.ProcessorCount)));
    }

    private static TokenWindows Windows(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return new TokenWindows(Window, [.. Enumerable.Range(0, bytes.Length / 2).Select(i => (int)BitConverter.ToUInt16(bytes, 2 * i))]);
    }

    /// <param name="Rows">Windows of each step.</param>
    /// <param name="Losses">Of each step before its update, nats per predicted token.</param>
    private sealed record Curve(string Loss, int[][] Rows, double[] Losses);
}
