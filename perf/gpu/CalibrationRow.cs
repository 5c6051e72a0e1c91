using System.Diagnostics;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx;
using ForgePrune.Tokens;

namespace ForgePrune.GpuPerf;

/// <summary>Calibration of a checkpoint with forward passes on ONNX Runtime's CUDA provider and Grams here: read where the provider left activations, and by way
/// of the host. Both must leave the same files.</summary>
internal static class CalibrationRow
{
    private const string What = "calibration, activations read where they lie";

    public static void Add(Table table, GpuDevice device, GpuPruning pruning, Usage usage)
    {
        if (usage.DenseModel is not { } path)
        {
            table.Skip(What, "left out: name a checkpoint with --dense-model and its pruned one with --pruned-model");
            return;
        }

        if (!table.HasTime(What, 60))
            return;
        try
        {
            // Tiny runs show the way through on the processor.
            var serving = usage.Tiny ? OnnxServing.Cpu : OnnxServing.Cuda(PrimaryActivations.MemoryOf(device)?.Device ?? 0);
            Compare(table, pruning, path, serving, usage.Tiny ? 16 : 512);
        }
        catch (ForgePruneException refusal)
        {
            table.Skip(What, $"left out: {refusal.Message}");
        }
    }

    private static void Compare(Table table, GpuPruning pruning, string path, OnnxServing serving, int length)
    {
        using var model = DecoderModel.Open(path);
        var windows = new TokenWindows(length, [.. Enumerable.Range(0, 8 * length).Select(i => (int)(i * 7919L % model.Config.VocabSize))]);
        using var runner = serving.Runner(model.Config, pruning.Threads);
        var root = Directory.CreateTempSubdirectory("forgeprune-lent-").FullName;
        try
        {
            List<double> ours = [], theirs = [];
            for (var turn = 0; turn < 3; turn++)
            {
                ours.Add(Run(pruning, Path.Combine(root, $"ours-{turn}")));
                theirs.Add(Run(new ByTheHost(pruning), Path.Combine(root, $"theirs-{turn}")));
                if (Different(Path.Combine(root, $"ours-{turn}"), Path.Combine(root, $"theirs-{turn}")) is { } file)
                {
                    table.Wrong(What, $"{file} is another one by way of the host");
                    return;
                }
            }

            var way = PrimaryActivations.MemoryOf(serving.Provider) is { } memory ? ((IPruningDevice)pruning).Reading(memory) : "both by way of the host";
            table.Turns(What, ours, theirs, $"theirs by way of the host, equal files; {windows.TokenCount} tokens on {serving.Provider}; {way}");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        double Run(IPruningDevice device, string folder)
        {
            Directory.CreateDirectory(folder);
            var start = Stopwatch.GetTimestamp();
            Calibrator.Run(model, runner, windows, folder, device);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>The first file that is not the same in both; null for none.</summary>
    private static string? Different(string folder, string other) => Directory.GetFiles(folder).Select(Path.GetFileName).OfType<string>().Order()
        .FirstOrDefault(file => !File.ReadAllBytes(Path.Combine(folder, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(other, file))));
}
