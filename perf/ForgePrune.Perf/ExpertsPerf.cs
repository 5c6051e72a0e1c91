using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>Which experts to remove, and whether to remove channels instead: a small model is trained here on the bytes of a text, its MLPs are parted into
/// experts with a router each, and the result is pruned by several scores to the same plans.</summary>
/// <remarks>No backward pass here knows a router, so the experts are made as in MoEfication (Zhang and others 2022, arXiv 2110.01786): channels that are active
/// together become an expert, and a router is fitted by least squares to how much each expert adds.</remarks>
internal static class ExpertsPerf
{
    private const int Window = 128, Vocab = 256, CalibrationWindows = 96, JudgingWindows = 48, Hidden = 64, Layers = 4, Experts = 8, Width = 32, PerToken = 2;

    private static readonly CpuDevice Device = new(Environment.ProcessorCount);

    /// <param name="text">A text of half a megabyte or more.</param>
    public static void Run(string text, int steps, int seeds, string folder)
    {
        byte[] bytes = File.ReadAllBytes(text);
        var all = new TokenWindows(Window, [.. bytes.Take(bytes.Length / Window * Window).Select(value => (int)value)]);
        var (judge, calibration) = (all.Slice(0, JudgingWindows), all.Slice(JudgingWindows, CalibrationWindows));
        var training = all.Slice(JudgingWindows + CalibrationWindows, all.Count - JudgingWindows - CalibrationWindows);
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var dense = Trained(training, steps, seed);
            using var runner = OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount);
            using var parted = Parted(dense, runner, training.Slice(0, CalibrationWindows));
            double Perplexity(IDecoderModel model) => ModelEvaluation.Run(model, runner, judge).Perplexity;
            Console.WriteLine(Text($"seed {seed}: perplexity {Perplexity(dense):F2} of the dense model, {Perplexity(parted):F2} with experts"));
            Prune(parted, runner, calibration, judge, Path.Combine(folder, $"{seed}"));
        }
    }

    private static void Prune(InMemoryModel model, IBlockRunner runner, TokenWindows calibration, TokenWindows judge, string place)
    {
        var grams = new GramFolder(Path.Combine(place, "grams"), Calibrator.Source(model, calibration));
        Directory.CreateDirectory(grams.Path);
        Calibrator.Run(model, runner, calibration, grams.Path, Device);
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), Path.Combine(place, "levels"), Device);
        var orders = Orders(model, runner, calibration, grams, levels);
        double Kl(ILevelSource source, int experts, int width)
        {
            var shape = new LayerShape(4, 4, experts * width) { ExpertWidth = width < Width ? width : 0 };
            using var pruned = CompactModel.Build(model, new Plan([.. Enumerable.Repeat(shape, Layers)]), source);
            return ModelEvaluation.Run(pruned, runner, judge, model).Kl!.Value;
        }

        LevelSource Refitting(LevelDatabase some) => LevelSource.Refitting(model, some, grams, 1L << 30, Device);
        foreach (var (name, order) in orders)
        {
            var source = Refitting(levels with
            {
                Layers = [.. levels.Layers.Select((layer, index) => layer with { Mlp = layer.Mlp! with { Order = Whole(order[index]) } })],
            });
            var figures = new[] { 7, 6, 5, 4, 3, 2 }.Select(count => Text($"{count} experts {Kl(source, count, Width):F4}"));
            Console.WriteLine($"  {name}: {string.Join(", ", figures)}");
        }

        var (fitted, gathered) = (Refitting(levels), LevelSource.Gathering(model, levels, 1L << 30));
        foreach (var width in new[] { 24, 16, 8 })
        {
            var whole = Experts * width / Width;
            Console.WriteLine(Text($"  {Experts} experts of {width} channels: {Kl(fitted, Experts, width):F4}, ")
                + Text($"not refitted {Kl(gathered, Experts, width):F4}; ")
                + Text($"of as many weights, {whole} whole experts {Kl(fitted, whole, Width):F4}"));
        }
    }

    /// <summary>For every layer the experts in the order of their removal, by the name of the score.</summary>
    private static Dictionary<string, List<int[]>> Orders(
        InMemoryModel model, IBlockRunner runner, TokenWindows calibration, GramFolder grams, LevelDatabase levels)
    {
        var orders = new[] { "REAP", "loss alone", "loss, others scaled", "loss, rerouted" }.ToDictionary(name => name, _ => new List<int[]>());
        var x = DecoderForward.Embed(model, calibration);
        for (var index = 0; index < Layers; index++)
        {
            var layer = model.ReadLayer(index);
            var (mlp, text) = (layer.Mlp!, grams.Experts(index, Experts));
            x = runner.Attention(layer.Attention!, layer.AttentionNorm, x).Output;
            var result = runner.Mlp(mlp, layer.MlpNorm, x, captureInputs: true);
            orders["REAP"].Add(Ascending(text.Saliency));
            orders["loss alone"].Add(Ascending(expert => levels.Layers[index].Experts![expert].Losses[0] * text.Routed[expert]));
            orders["loss, others scaled"].Add(Greedy(Scaled(mlp, result.Inputs!)));
            var stream = x;
            orders["loss, rerouted"].Add(Greedy(kept =>
            {
                if (kept.Length < PerToken)
                    return double.PositiveInfinity;
                float[] bias = [.. Enumerable.Range(0, Experts).Select(expert => kept.Contains(expert) ? 0 : float.NegativeInfinity)];
                return Squared(result.Output.Values, runner.Mlp(mlp with { RouterBias = bias }, layer.MlpNorm, stream).Output.Values);
            }));
            x = result.Output;
        }

        return orders;
    }

    /// <summary>The squared error with one factor for each expert that stays: ‖Σ a_e − Σ c_e a_e‖² with a_e = g_e f_e, from their inner products.</summary>
    private static Func<int[], double> Scaled(MlpWeights mlp, Activations inputs)
    {
        var outputs = Enumerable.Range(0, Experts).Select(expert =>
        {
            var made = new float[inputs.Rows * Hidden];
            Product.Multiply(Transpose.No, Transpose.Yes, inputs.Rows, Hidden, Width, 1, inputs.Values.AsSpan(expert * Width), inputs.Width,
                mlp.Down.Values.AsSpan(expert * Width), mlp.Down.Cols, 0, made, Hidden, Environment.ProcessorCount);
            return made;
        }).ToArray();
        var products = new double[Experts, Experts];
        for (var i = 0; i < Experts; i++)
            for (var j = 0; j < Experts; j++)
                products[i, j] = outputs[i].Zip(outputs[j], (a, b) => (double)a * b).Sum();
        return kept =>
        {
            var gram = new double[kept.Length * kept.Length];
            var target = new double[kept.Length];
            for (var i = 0; i < kept.Length; i++)
            {
                for (var j = 0; j < kept.Length; j++)
                    gram[(i * kept.Length) + j] = products[kept[i], kept[j]] + (i == j ? 1e-9 : 0);
                target[i] = Enumerable.Range(0, Experts).Sum(other => products[kept[i], other]);
            }

            var factors = Solved(gram, [.. target]);
            return products.Cast<double>().Sum() - factors.Zip(target, (factor, value) => factor * value).Sum();
        };
    }

    /// <summary>Gauss–Jordan elimination of a small positive definite system.</summary>
    private static double[] Solved(double[] a, double[] b)
    {
        var n = b.Length;
        for (var pivot = 0; pivot < n; pivot++)
            for (var row = 0; row < n; row++)
            {
                if (row == pivot)
                    continue;
                var factor = a[(row * n) + pivot] / a[(pivot * n) + pivot];
                for (var col = pivot; col < n; col++)
                    a[(row * n) + col] -= factor * a[(pivot * n) + col];
                b[row] -= factor * b[pivot];
            }

        return [.. b.Select((value, row) => value / a[(row * n) + row])];
    }

    private static int[] Ascending(Func<int, double> score) => [.. Enumerable.Range(0, Experts).OrderBy(score)];

    /// <summary>At each step the expert without which the loss of those that stay is least.</summary>
    private static int[] Greedy(Func<int[], double> loss)
    {
        var (order, kept) = (new List<int>(), Enumerable.Range(0, Experts).ToArray());
        while (kept.Length > 0)
        {
            var gone = kept.MinBy(expert => loss([.. kept.Where(other => other != expert)]));
            order.Add(gone);
            kept = [.. kept.Where(other => other != gone)];
        }

        return [.. order];
    }

    private static ChannelOrder Whole(int[] experts) => new([.. experts.SelectMany(expert => Enumerable.Range(expert * Width, Width))]);

    private static double Squared(float[] a, float[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        return sum;
    }

    private static IDecoderModel Trained(TokenWindows training, int steps, int seed)
    {
        using var made = Made(seed);
        var trainer = new RecoveryTrainer(made, made, training, new RecoveryOptions
        {
            Tokens = (long)steps * 2048,
            Loss = RecoveryLoss.Ce,
            Rate = 3e-3,
            Seed = seed,
        }, Environment.ProcessorCount);
        while (trainer.Done < trainer.Steps)
            trainer.Next();
        return trainer.Model;
    }

    private static InMemoryModel Made(int seed)
    {
        var random = new Random(seed);
        var config = new ModelConfig
        {
            Family = "mixtral",
            HiddenSize = Hidden,
            HeadDim = 16,
            VocabSize = Vocab,
            MaxPositions = Window,
            RmsNormEps = 1e-6,
            RopeTheta = 10000,
            TiedEmbeddings = false,
            Layers = [.. Enumerable.Repeat(new LayerShape(4, 4, Experts * Width), Layers)],
        };
        LayerWeights[] layers = [.. config.Layers.Select((_, layer) => LayerTensors.Build(config, layer, Values))];
        return new(config, layers, Table(), Ones(Hidden), Table());

        float[] Values(TensorSpec spec) => spec.IsVector ? Ones(spec.Rows) : Normal((int)spec.Elements, 1 / Math.Sqrt(spec.Cols));
        Matrix Table() => new(Vocab, Hidden, Normal(Vocab * Hidden, 0.5));
        float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];
        float[] Normal(int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ => (float)(deviation
            * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    private static InMemoryModel Parted(IDecoderModel dense, IBlockRunner runner, TokenWindows text)
    {
        var kind = new MlpKind { ExpertWidth = Width, PerToken = PerToken, Normalized = true };
        var config = dense.Config with { Mlp = [.. Enumerable.Repeat(kind, Layers)] };
        var x = DecoderForward.Embed(dense, text);
        var layers = new LayerWeights[Layers];
        for (var index = 0; index < Layers; index++)
        {
            var layer = dense.ReadLayer(index);
            x = runner.Attention(layer.Attention!, layer.AttentionNorm, x).Output;
            var (mlp, whole) = (layer.Mlp!, runner.Mlp(layer.Mlp!, layer.MlpNorm, x, captureInputs: true));
            var channels = Grouped(whole.Inputs!, mlp.Down);
            var grouped = new MlpWeights
            {
                Kind = kind,
                Gate = BlockSlice.Rows(mlp.Gate, channels, 1),
                Up = BlockSlice.Rows(mlp.Up, channels, 1),
                Down = BlockSlice.Columns(mlp.Down, channels, 1),
                Router = Router(NormedStream.Of(x, layer.MlpNorm, dense.Config.RmsNormEps, Environment.ProcessorCount), whole.Inputs!, mlp.Down, channels),
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

            grouped = grouped with { Down = new(Hidden, grouped.Ffn, [.. grouped.Down.Values.Select(value => (float)(value * along / squares))]) };
            layers[index] = layer with { Mlp = grouped };
            x = runner.Mlp(grouped, layer.MlpNorm, x).Output;
        }

        return new(config, layers, dense.ReadEmbedding(), dense.ReadFinalNorm(), dense.ReadHead());
    }

    /// <summary>The channels of every expert: the strongest that is left, with those whose squares go along with its square most.</summary>
    private static int[] Grouped(Activations inputs, Matrix down)
    {
        var count = Experts * Width;
        double[][] squares = [.. Enumerable.Range(0, count).Select(channel =>
        {
            double[] own = [.. Enumerable.Range(0, inputs.Rows).Select(row => Math.Pow(inputs.Values[(row * count) + channel], 2))];
            return own;
        })];
        double[] strength = [.. squares.Select((own, channel) => own.Average() * Enumerable.Range(0, Hidden).Sum(row => Math.Pow(down.Row(row)[channel], 2)))];
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
            int[] expert = [.. left.OrderByDescending(channel => centered[channel].Zip(centered[first], (a, b) => a * b).Sum()).Take(Width)];
            channels.AddRange(expert);
            left.RemoveAll(channel => expert.Contains(channel));
        }

        return [.. channels];
    }

    /// <summary>Least squares from what enters the block to the size of what each expert adds, in units of its deviation.</summary>
    private static Matrix Router(Activations normed, Activations inputs, Matrix down, int[] channels)
    {
        var sizes = new Activations(1, inputs.Rows, Experts);
        for (var expert = 0; expert < Experts; expert++)
        {
            int[] own = channels[(expert * Width)..((expert + 1) * Width)];
            double[] norms = [.. Enumerable.Range(0, inputs.Rows).Select(row => Math.Sqrt(Enumerable.Range(0, Hidden)
                .Sum(output => Math.Pow(own.Sum(channel => (double)down.Row(output)[channel] * inputs.Values[(row * inputs.Width) + channel]), 2))))];
            var mean = norms.Average();
            var deviation = Math.Sqrt(norms.Average(norm => (norm - mean) * (norm - mean)));
            for (var row = 0; row < norms.Length; row++)
                sizes.Values[(row * Experts) + expert] = (float)((norms[row] - mean) / deviation);
        }

        using var moments = new MomentAccumulator(Experts, Hidden, Device);
        moments.Add(sizes, new Activations(1, normed.Rows, Hidden, normed.Values));
        return moments.Finish().Problem(new Matrix(Experts, Hidden), null, 0.01, affine: false).Solve([.. Enumerable.Range(0, Hidden)], Device).Weights;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
