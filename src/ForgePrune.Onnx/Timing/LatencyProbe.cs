using System.Globalization;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Timing;

/// <summary>A made model whose time tells that of one level: all its layers have the level as their only block.</summary>
/// <param name="Name">As the cache knows it.</param>
/// <param name="Shape">Of every layer.</param>
/// <param name="Copies">Layers, each with weights of its own.</param>
/// <param name="WholeHead">Logits of all positions; else of the last, which keeps the head's time from drowning that of the level.</param>
internal sealed record LatencyProbe(string Name, LayerShape Shape, int Copies, bool WholeHead)
{
    /// <summary>Weights of all copies together stay below this, though one is always there. Beyond the processor's caches more copies tell nothing
    /// new.</summary>
    private const long MostBytes = 1L << 29;

    /// <summary>What no plan changes.</summary>
    public static LatencyProbe Fixed => new("fixed", default, 0, WholeHead: true);

    /// <summary>What the other probes have beside their blocks.</summary>
    public static LatencyProbe Baseline => new("frame", default, 0, WholeHead: false);

    public static LatencyProbe Attention(ModelConfig config, int kvHeads, int queryHeads) =>
        Block(config, string.Create(CultureInfo.InvariantCulture, $"attention {kvHeads}/{queryHeads}"), new(kvHeads, queryHeads, 0));

    public static LatencyProbe Ffn(ModelConfig config, int width) =>
        Block(config, string.Create(CultureInfo.InvariantCulture, $"ffn {width}"), new(0, 0, width));

    public static LatencyProbe Experts(ModelConfig config, ExpertLevel level) =>
        Block(config, NameOf(level), new(0, 0, level.Experts * level.Width) { ExpertWidth = level.Width });

    public static string NameOf(ExpertLevel level) => string.Create(CultureInfo.InvariantCulture, $"{level.Experts} experts of {level.Width}");

    /// <summary>Bytes of weights of the whole made model.</summary>
    public long Bytes(ModelConfig config) => (sizeof(float) * 2L * config.VocabSize * config.HiddenSize) + (Copies * BlockBytes(config, Shape));

    /// <summary>Bytes of the blocks that the whole model has and the probe lacks, as far as caches could tell: a probe as large as any needs none.</summary>
    public long Absent(ModelConfig config) =>
        Math.Max(0, Math.Min(MostBytes, config.Layers.Sum(layer => BlockBytes(config, layer))) - (Copies * BlockBytes(config, Shape)));

    public ModelConfig Config(ModelConfig real) => real with { Layers = [.. Enumerable.Repeat(Shape, Copies)], Mlp = [.. real.Mlp.Take(Copies)] };

    private static LatencyProbe Block(ModelConfig config, string name, LayerShape shape) =>
        new(name, shape, (int)Math.Clamp(MostBytes / Math.Max(1, BlockBytes(config, shape)), 1, config.Layers.Count), WholeHead: false);

    private static long BlockBytes(ModelConfig config, LayerShape shape) =>
        sizeof(float) * (long)config.HiddenSize * ((2L * config.HeadDim * (shape.KvHeads + shape.QueryHeads)) + (3L * shape.Ffn));
}
