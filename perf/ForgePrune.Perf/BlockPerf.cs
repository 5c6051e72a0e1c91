using System.Diagnostics;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Perf.Results;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>One whole layer of a real config with made weights, from calibration to the final refit of half of it: what a run does once for each
/// layer.</summary>
internal static class BlockPerf
{
    // One window of so many judges, the others are fitted to, as in a run.
    private const int Window = 256, Judging = 8, Seed = 5;

    private const string Calibration = "calibration", Levels = "levels", Refit = "refit";

    /// <param name="tokens">Of the text, judging ones included; at least two windows of 256.</param>
    /// <param name="experts">Only so many experts of a layer; null for all.</param>
    /// <param name="json">Where the record goes; null for nowhere.</param>
    public static BlockRecord Run(string configFile, int tokens, int threads, int? experts, string? json)
    {
        var whole = HuggingFaceConfig.Read(configFile).Config;
        var folder = Directory.CreateTempSubdirectory("forgeprune-block-").FullName;
        try
        {
            var record = Measure(Path.GetFileNameWithoutExtension(configFile), whole, MadeBlock.Config(whole, experts), tokens, threads, folder);
            if (json is not null)
                record.Write(json);
            return record;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static BlockRecord Measure(string name, ModelConfig whole, ModelConfig config, int tokens, int threads, string folder)
    {
        var (windows, random, device) = (tokens / Window, new Random(Seed), new CpuDevice(threads));
        if (windows < 2)
            throw new ArgumentException($"{tokens} tokens are fewer than two windows of {Window}", nameof(tokens));
        var judging = Math.Max(1, windows / Judging);
        var all = new TokenWindows(Window, [.. Enumerable.Range(0, windows * Window).Select(_ => random.Next(MadeBlock.Words))]);
        var (fitting, selection) = (all.Slice(0, windows - judging), all.Slice(windows - judging, judging));
        var (shape, half, kind, size) = (config.Layers[0], MadeBlock.Half(config), config.MlpOf(0), ModelSize.Of(config).LargestLayer);
        var (measured, experts) = (kind.Experts(shape.Ffn), kind.Experts(MadeBlock.Config(whole, null).Layers[0].Ffn));
        Console.WriteLine($"{name}: {config.Family}, hidden {config.HiddenSize}, {shape.QueryHeads} heads of {config.HeadDim} on {shape.KvHeads}, "
            + (measured == 0 ? $"{shape.Ffn} channels" : $"{measured} of {experts} experts of {kind.ExpertWidth} channels"));
        Console.WriteLine($"{size:N0} parameters in the layer; {fitting.TokenCount} tokens to fit, {selection.TokenCount} to judge; {device.Threads} threads, "
            + $"{Implementations.Current.Name}");
        var (plan, stages) = (ResourcePlan.For(config, all.TokenCount, Window, latency: false), new List<BlockStage>());
        var model = MadeBlock.Weights(config, random);
        using var runner = OnnxServing.Cpu.Runner(config, threads);
        GramFolder fitted = Grams("fitting", fitting), judged = Grams("judging", selection);
        Stage(Calibration, Calibration, 1, () =>
        {
            Calibrator.Run(model, runner, fitting, fitted.Path, selection, judged.Path, device);
            return 0;
        });
        var (layer, options) = (model.ReadLayer(0), new LevelOptions());
        // Experts come one after the other, all alike.
        var times = measured == 0 ? 1 : (double)experts / measured;
        var heads = Stage("levels of heads", Levels, 1, () => LevelBuilder.Heads(0, layer, fitted, judged, options, device));
        var channels = Stage("levels of channels", Levels, times, () => LevelBuilder.Mlp(0, layer, fitted, judged, options, device));
        var levels = new LevelDatabase([channels with { Attention = heads }], options.Affine);
        var source = LevelSource.Refitting(model, levels, fitted, RunMemory.Levels, device);
        var attention = Stage("weights of half of the heads", Refit, 1, () => source.Attention(0, half)!);
        var mlp = Stage("weights of half of the channels", Refit, times, () => source.Mlp(0, half)!);
        var refitted = Stage("final refit", Refit, times, () => FinalRefit.Run(model, config with { Layers = [half] }, levels, runner, fitting,
            new FinalRefitOptions { Choices = new MeasuredChoices(selection, source, name) }, Path.Combine(folder, Refit), device).Model.ReadLayer(0));
        var large = ResourcePlan.For(whole, all.TokenCount, Window, latency: false, memory: GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var record = new BlockRecord(name, config.Family, Implementations.Current.Name, device.Threads, fitting.TokenCount, selection.TokenCount, size,
            whole.Layers.Count, ModelSize.Outside(whole), experts, measured, large.PeakMemoryBytes, large.DiskBytes, stages);
        ChannelLevels[] curves = channels.Experts is { } own ? [.. own] : [channels.Mlp!];
        var left = curves.Average(curve => curve.Losses[curve.Order.Width / 2] / curve.Losses[0]);
        var finite = Finite(attention.Output, mlp.Down, refitted.Mlp!.Down);
        Console.WriteLine($"loss of half of the channels {left:0.000} of that of none left; all weights finite: {finite}");
        Console.WriteLine($"{whole.Layers.Count} such layers, by arithmetic: {record.WholeSeconds:N0} s; not in it: search, latency table, export, and proof");
        Console.WriteLine($"plan of a run on the whole model on this machine: {Bytes.Show(record.WholeMemoryBytes)} of memory, "
            + $"{Bytes.Show(record.WholeDiskBytes)} of disk; {record.Outside:N0} parameters outside of its layers");
        return record;

        GramFolder Grams(string text, TokenWindows of) =>
            new(Directory.CreateDirectory(Path.Combine(folder, text)).FullName, Calibrator.Source(model, of));

        T Stage<T>(string what, string planned, double times, Func<T> work)
        {
            var start = Stretch.Now;
            var result = work();
            // As in a run, which does so after every block.
            LargeArrays.Settle();
            var spent = Stretch.Now - start;
            using var process = Process.GetCurrentProcess();
            // The system's own mark is a little behind at times.
            var peak = Math.Max(process.PeakWorkingSet64, stages.LastOrDefault()?.PeakBytes ?? 0);
            var need = plan.Stages.Single(stage => stage.Stage == planned).MemoryBytes;
            stages.Add(new(what, spent.Wall, spent.Processor, peak, need, spent.Wall * times * whole.Layers.Count));
            Console.WriteLine($"{what,-32}{spent}, peak so far {Bytes.Show(peak)}, planned {Bytes.Show(need)}");
            return result;
        }
    }

    private static bool Finite(params ReadOnlySpan<Matrix> matrices)
    {
        foreach (var matrix in matrices)
            if (!matrix.Values.All(float.IsFinite))
                return false;
        return true;
    }
}
