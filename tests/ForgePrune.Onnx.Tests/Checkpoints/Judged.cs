using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing.Reference;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Holds logits of a checkpoint as ForgePrune reads and runs it against those of the independent reference.</summary>
internal static class Judged
{
    /// <summary>Of the largest logit.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>Float32's half epsilon, as a change to weights.</summary>
    private const double Rounding = 6e-8;

    public static int[] Ids(CheckpointModel model, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Math.Min(9, model.Config.MaxPositions)).Select(_ => random.Next(model.Config.VocabSize))];
    }

    /// <summary>Block by block, as calibration and evaluation do.</summary>
    public static float[] Blocks(CheckpointModel model, int[] ids)
    {
        using var runner = new OrtBlockRunner(model.Config, threads: 1);
        var x = DecoderForward.Run(model, runner, new TokenWindows(ids.Length, ids));
        return runner.Logits(model.ReadFinalNorm(), model.ReadHead(), x, [.. Enumerable.Range(0, ids.Length)]);
    }

    /// <summary>Through an exported file, as clients do.</summary>
    public static float[] Exported(CheckpointModel model, int[] ids, string folder)
    {
        OnnxExporter.Write(model, folder, tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder, threads: 1);
        return decoder.Logits(ids);
    }

    /// <summary>Largest difference over the largest logit.</summary>
    public static double Distance(float[] found, double[] expected)
    {
        if (found.Length != expected.Length)
            return double.PositiveInfinity;
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < found.Length; i++)
            (difference, scale) = (Math.Max(difference, Math.Abs(found[i] - expected[i])), Math.Max(scale, Math.Abs(expected[i])));
        return difference == 0 ? 0 : double.IsNaN(difference) ? double.PositiveInfinity : difference / scale;
    }

    /// <summary>Whether rounding alone moves the logits so far that float32 cannot be held to the tolerance: weights that a mutation made
    /// huge, say.</summary>
    public static bool IsBeyondFloat32(string folder, int[] ids, double[] expected)
    {
        var blurred = new RawCheckpoint(folder).Logits(ids, Rounding);
        return expected.Any(value => !(Math.Abs(value) < 1e30)) || Distance([.. blurred.Select(value => (float)value)], expected) > Tolerance / 10;
    }
}
