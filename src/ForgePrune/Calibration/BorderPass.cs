using ForgePrune.Forward;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Calibration;

/// <summary>One set of states to be kept.</summary>
/// <param name="Layer">The layer in front of which they lie.</param>
/// <param name="Group">The group of chunks.</param>
internal readonly record struct Border(StreamBorders Text, int Layer, int Group);

/// <summary>The forward pass that leaves hidden states at borders, without Grams.</summary>
internal static class BorderPass
{
    public static void Run(
        IDecoderModel model, IBlockRunner runner, IReadOnlyList<Border> wanted, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        (ResidualStream Stream, Border[] Borders)[] streams =
            [.. wanted.GroupBy(border => (border.Text, border.Group)).Select(group => (group.Key.Text.Embed(model, group.Key.Group), group.ToArray()))];
        var last = wanted.Select(border => border.Layer).DefaultIfEmpty().Max();
        using var layers = new LayerReader(model, runner, last);
        for (var layer = 0; layer < last; layer++)
        {
            var weights = layers.Read(layer);
            foreach (var (stream, borders) in streams.Where(stream => stream.Borders.Any(border => border.Layer > layer)))
            {
                Pass(stream, weights, runner, cancellation);
                foreach (var border in borders.Where(border => border.Layer == layer + 1))
                    border.Text.Write(border.Layer, border.Group, stream);
            }

            progress?.Report((layer + 1.0) / last);
        }
    }

    private static void Pass(ResidualStream stream, LayerWeights weights, IBlockRunner runner, CancellationToken cancellation)
    {
        if (weights.Attention is { } attention)
            Replace(runner.Hold(attention, weights.AttentionNorm));
        if (weights.Mlp is { } mlp)
            Replace(runner.Hold(mlp, weights.MlpNorm));

        void Replace(IHeldBlock held)
        {
            using var block = held;
            for (var chunk = 0; chunk < stream.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                stream[chunk] = block.Run(stream[chunk]).Output;
                LargeArrays.Settle();
            }
        }
    }
}
