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
        for (var layer = 0; layer < last; layer++)
        {
            var weights = model.ReadLayer(layer);
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
            Replace(x => runner.Attention(attention, weights.AttentionNorm, x).Output);
        if (weights.Mlp is { } mlp)
            Replace(x => runner.Mlp(mlp, weights.MlpNorm, x).Output);

        void Replace(Func<Activations, Activations> block)
        {
            for (var chunk = 0; chunk < stream.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                stream[chunk] = block(stream[chunk]);
                LargeArrays.Settle();
            }
        }
    }
}
