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
/// experts with a router each (<see cref="MadeExperts"/>), and the result is pruned by several scores to the same plans.</summary>
internal static class ExpertsPerf
{
    private const int Hidden = 64, Layers = 4, Experts = 8, Width = 32, PerToken = 2;

    // Of the windows of calibration, those that choose fits.
    private const int Selecting = 16;

    private static readonly CpuDevice Device = new(Environment.ProcessorCount);

    private static readonly MlpKind Kind = new() { ExpertWidth = Width, PerToken = PerToken, Normalized = true };

    private static readonly ModelConfig Config = new()
    {
        Family = "mixtral",
        HiddenSize = Hidden,
        HeadDim = 16,
        VocabSize = BytesModel.Vocab,
        MaxPositions = BytesModel.Window,
        RmsNormEps = 1e-6,
        RopeTheta = 10000,
        TiedEmbeddings = false,
        Layers = [.. Enumerable.Repeat(new LayerShape(4, 4, Experts * Width), Layers)],
    };

    /// <param name="text">A text of half a megabyte or more.</param>
    public static void Run(string text, int steps, int seeds, string folder)
    {
        var (judge, calibration, training) = BytesModel.Read(text);
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var dense = BytesModel.Trained(Config, 0.5, training, steps, seed).Model;
            using var runner = OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount);
            using var parted = MadeExperts.Of(dense, Kind, runner, training.Slice(0, BytesModel.CalibrationWindows), Device);
            double Perplexity(IDecoderModel model) => ModelEvaluation.Run(model, runner, judge).Perplexity;
            Console.WriteLine(Text($"seed {seed}: perplexity {Perplexity(dense):F2} of the dense model, {Perplexity(parted):F2} with experts"));
            Prune(parted, runner, calibration, judge, Path.Combine(folder, $"{seed}"));
            Refit(parted, runner, calibration, judge, Path.Combine(folder, $"{seed}-refit"));
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

    /// <summary>The final refit with experts fitted, and with the same fits of all other blocks but experts as their levels.</summary>
    private static void Refit(InMemoryModel model, IBlockRunner runner, TokenWindows text, TokenWindows judge, string place)
    {
        var (fitting, selection) = (text.Slice(0, text.Count - Selecting), text.Slice(text.Count - Selecting, Selecting));
        var grams = new GramFolder(Path.Combine(place, "grams"), Calibrator.Source(model, fitting));
        Directory.CreateDirectory(grams.Path);
        Calibrator.Run(model, runner, fitting, grams.Path, Device);
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), Path.Combine(place, "levels"), Device);
        var source = LevelSource.Refitting(model, levels, grams, 1L << 30, Device);
        double Kl(IDecoderModel pruned) => ModelEvaluation.Run(pruned, runner, judge, model).Kl!.Value;
        foreach (var (experts, width) in new[] { (8, 24), (8, 16), (8, 8), (6, 32), (4, 32), (6, 16) })
        {
            var shape = new LayerShape(4, 4, experts * width) { ExpertWidth = width < Width ? width : 0 };
            var plan = new Plan([.. Enumerable.Repeat(shape, Layers)]);
            RefittedModel Run(RefitChoices choices, string name) => FinalRefit.Run(model, model.Config with { Layers = plan.Layers }, levels, runner, fitting,
                new FinalRefitOptions { Choices = choices }, Path.Combine(place, $"{experts} of {width}, {name}"), Device);
            var all = Run(new MeasuredChoices(selection, source, "levels"), "all");
            var others = Run(new FixedChoices(block => all.Choices[block] is { Experts: { } own } choice
                ? choice with { Experts = new double?[own.Count] } : all.Choices[block], "others", source), "others");
            using var level = CompactModel.Build(model, plan, source);
            var fits = all.Experts.Values.SelectMany(block => block).ToArray();
            Console.WriteLine(Text($"  {experts} experts of {width} channels: {Kl(level):F4} as levels, {Kl(others.Model):F4} with attention refitted, ")
                + Text($"{Kl(all.Model):F4} with {fits.Count(one => one.Fit.Fraction is not null)} of {fits.Length} experts refitted too"));
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

    /// <summary>The solution of a small positive definite system, in the place of its right side.</summary>
    private static double[] Solved(double[] a, double[] b)
    {
        if (Cholesky.Factor(a, b.Length, b.Length, threads: 1) is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The products of what experts add", pivot);
        TriangularSolve.Lower(a, b.Length, b.Length, b, 1, 1, threads: 1);
        TriangularSolve.LowerTransposed(a, b.Length, b.Length, b, 1, 1, threads: 1);
        return b;
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

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
