using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>Parts the MLPs of a dense model into experts with a router each.</summary>
/// <remarks>No backward pass here knows a router, so the experts are made as in MoEfication (Zhang and others 2022, arXiv 2110.01786): channels that are active
/// together become an expert, and a router is fitted by least squares to how much each expert adds.</remarks>
internal static class MadeExperts
{
    /// <param name="dense">A model of gated blocks whose width is a multiple of an expert's.</param>
    /// <param name="kind">Of the experts.</param>
    /// <param name="text">What channels are grouped and routers are fitted on.</param>
    public static InMemoryModel Of(IDecoderModel dense, MlpKind kind, IBlockRunner runner, TokenWindows text, CpuDevice device)
    {
        var config = dense.Config with { Mlp = [.. dense.Config.Layers.Select(_ => kind)] };
        var x = DecoderForward.Embed(dense, text);
        var layers = new LayerWeights[config.Layers.Count];
        for (var index = 0; index < layers.Length; index++)
        {
            var layer = dense.ReadLayer(index);
            x = runner.Attention(layer.Attention!, layer.AttentionNorm, x).Output;
            var (mlp, whole) = (layer.Mlp!, runner.Mlp(layer.Mlp!, layer.MlpNorm, x, captureInputs: true));
            var channels = Grouped(whole.Inputs!, mlp.Down, kind.ExpertWidth);
            var grouped = new MlpWeights
            {
                Kind = kind,
                Gate = BlockSlice.Rows(mlp.Gate, channels, 1),
                Up = BlockSlice.Rows(mlp.Up, channels, 1),
                Down = BlockSlice.Columns(mlp.Down, channels, 1),
                Router = Router(NormedStream.Of(x, layer.MlpNorm, config.RmsNormEps, device.Threads), whole.Inputs!, mlp.Down, channels, kind.ExpertWidth, device),
            };
            // Shares that add up to one make experts smaller: one factor on down_proj brings the block's size back.
            var result = runner.Mlp(grouped, layer.MlpNorm, x).Output;
            double along = 0, squares = 0;
            for (var i = 0; i < x.Values.Length; i++)
            {
                double made = result.Values[i] - x.Values[i];
                along += made * (whole.Output.Values[i] - x.Values[i]);
                squares += made * made;
            }

            grouped = grouped with { Down = new(config.HiddenSize, grouped.Ffn, [.. grouped.Down.Values.Select(value => (float)(value * along / squares))]) };
            layers[index] = layer with { Mlp = grouped };
            x = runner.Mlp(grouped, layer.MlpNorm, x).Output;
        }

        return new(config, layers, dense.ReadEmbedding(), dense.ReadFinalNorm(), dense.ReadHead());
    }

    /// <summary>The channels of every expert: the strongest that is left, with those whose squares go along with its square most.</summary>
    private static int[] Grouped(Activations inputs, Matrix down, int width)
    {
        var count = down.Cols;
        double[][] squares = [.. Enumerable.Range(0, count).Select(channel =>
        {
            double[] own = [.. Enumerable.Range(0, inputs.Rows).Select(row => Math.Pow(inputs.Values[(row * count) + channel], 2))];
            return own;
        })];
        double[] strength = [.. squares.Select((own, channel) => own.Average() * Enumerable.Range(0, down.Rows).Sum(row => Math.Pow(down.Row(row)[channel], 2)))];
        double[][] centered = [.. squares.Select(own =>
        {
            var mean = own.Average();
            var deviation = Math.Sqrt(own.Sum(value => (value - mean) * (value - mean))) + 1e-30;
            return (double[])[.. own.Select(value => (value - mean) / deviation)];
        })];
        var (left, channels) = (Enumerable.Range(0, count).ToList(), new List<int>());
        while (left.Count > 0)
        {
            var first = left.MaxBy(channel => strength[channel]);
            int[] expert = [.. left.OrderByDescending(channel => centered[channel].Zip(centered[first], (a, b) => a * b).Sum()).Take(width)];
            channels.AddRange(expert);
            left.RemoveAll(channel => expert.Contains(channel));
        }

        return [.. channels];
    }

    /// <summary>Least squares from what enters the block to the size of what each expert adds, in units of its deviation.</summary>
    private static Matrix Router(Activations normed, Activations inputs, Matrix down, int[] channels, int width, CpuDevice device)
    {
        var (experts, hidden) = (channels.Length / width, down.Rows);
        var sizes = new Activations(1, inputs.Rows, experts);
        for (var expert = 0; expert < experts; expert++)
        {
            int[] own = channels[(expert * width)..((expert + 1) * width)];
            double[] norms = [.. Enumerable.Range(0, inputs.Rows).Select(row => Math.Sqrt(Enumerable.Range(0, hidden)
                .Sum(output => Math.Pow(own.Sum(channel => (double)down.Row(output)[channel] * inputs.Values[(row * inputs.Width) + channel]), 2))))];
            var mean = norms.Average();
            var deviation = Math.Sqrt(norms.Average(norm => (norm - mean) * (norm - mean)));
            for (var row = 0; row < norms.Length; row++)
                sizes.Values[(row * experts) + expert] = (float)((norms[row] - mean) / deviation);
        }

        using var moments = new MomentAccumulator(experts, hidden, device);
        moments.Add(sizes, new Activations(1, normed.Rows, hidden, normed.Values));
        return moments.Finish().Problem(new Matrix(experts, hidden), null, 0.01, affine: false).Solve([.. Enumerable.Range(0, hidden)], device).Weights;
    }
}
