using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Refit;

/// <summary>The final refit of experts, against one expert after the other in float64.</summary>
public sealed class ExpertRefitTests
{
    private const int Seed = 61, Kept = 3, Narrow = 6;
    private const double Fraction = 0.03;

    // Grams of few tokens: levels that text of their own can improve.
    private readonly SyntheticCalibration run = new(Seed, SyntheticExperts.Mixtral(experts: 4));
    private readonly LevelDatabase levels;
    private readonly LevelSource source;

    public ExpertRefitTests()
    {
        levels = run.Levels();
        source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 24, new CpuDevice(1));
    }

    [OneTimeTearDown]
    public void Close() => run.Dispose();

    [Test]
    public void Every_expert_in_turn_is_the_best_fit_to_what_those_before_it_left()
    {
        var windows = Windows(40, Seed);
        var refitted = Refit(Given(_ => new BlockChoice(null, Fraction)), windows, "turn");
        var (inputs, lacks, down) = Before(refitted, windows);
        var (rows, cols, hidden) = (inputs.Length / (Kept * Narrow), Kept * Narrow, run.Model.Config.HiddenSize);
        for (var expert = 0; expert < Kept; expert++)
        {
            var from = expert * Narrow;
            int[] passing = [.. Enumerable.Range(0, rows).Where(row => Enumerable.Range(from, Narrow).Any(col => inputs[(row * cols) + col] != 0))];
            Assert.That(refitted.Experts["layer 0 down_proj"][expert].Fit.Tokens, Is.EqualTo(passing.Length), $"seed {Seed}");
            Assert.That(passing, Has.Length.GreaterThan(100));
            double Input(int row, int col) => inputs[(row * cols) + from + col];
            var gram = new double[Narrow, Narrow];
            for (var i = 0; i < Narrow; i++)
                for (var j = 0; j < Narrow; j++)
                    gram[i, j] = passing.Sum(row => Input(row, i) * Input(row, j));
            // λ is a fraction of the mean diagonal of the Hessian, twice the mean Gram: of the Gram itself the same fraction.
            var lambda = Fraction * Enumerable.Range(0, Narrow).Average(i => gram[i, i]);
            for (var i = 0; i < Narrow; i++)
                gram[i, i] += lambda;
            var change = new double[hidden, Narrow];
            for (var output = 0; output < hidden; output++)
            {
                var own = Solved(gram, [.. Enumerable.Range(0, Narrow).Select(col => passing.Sum(row => lacks[(row * hidden) + output] * Input(row, col)))]);
                for (var col = 0; col < Narrow; col++)
                    change[output, col] = own[col];
            }

            foreach (var row in passing)
                for (var output = 0; output < hidden; output++)
                    lacks[(row * hidden) + output] -= Enumerable.Range(0, Narrow).Sum(col => change[output, col] * Input(row, col));
            for (var output = 0; output < hidden; output++)
                for (var col = 0; col < Narrow; col++)
                    down[(output * cols) + from + col] += change[output, col];
        }

        // What is lacking is a difference of float32 streams near 3 and errs by some 1e-6 for a token; hundreds of tokens over a Gram of condition up to 1e2 at
        // this damping leave less than that in the mean. The level's weights lie further away than 1e-2.
        var found = refitted.Model.ReadLayer(0).Mlp!.Down.Values;
        Assert.That(found, Is.EqualTo(down).Within(1e-5));
        Assert.That(found.Zip(source.Mlp(0, Shape)!.Down.Values, (a, b) => Math.Abs(a - b)).Max(), Is.GreaterThan(1e-2));
    }

    [Test]
    public void What_other_text_does_not_favor_keeps_its_level_and_the_block_comes_closer_there()
    {
        var (windows, selection) = (Windows(40, Seed), Windows(20, Seed + 1));
        var refitted = Refit(new MeasuredChoices(selection, source, "levels"), windows, "measured");
        var (inputs, lacks, _) = Before(refitted, selection);
        double[] Change(Matrix down) => [.. down.Values.Zip(source.Mlp(0, Shape)!.Down.Values, (now, level) => (double)now - level)];
        double Loss(double[] change)
        {
            var (sum, cols, hidden) = (0.0, Kept * Narrow, run.Model.Config.HiddenSize);
            for (var i = 0; i < lacks.Length; i++)
                sum += Math.Pow(lacks[i] - Enumerable.Range(0, cols).Sum(col => change[((i % hidden) * cols) + col] * inputs[((i / hidden) * cols) + col]), 2);
            return sum;
        }

        var change = Change(refitted.Model.ReadLayer(0).Mlp!.Down);
        var fits = refitted.Experts["layer 0 down_proj"];
        Assert.That(fits.Select(one => one.Expert), Is.EqualTo(ExpertLevels.Among(levels.Channels(0, Shape), run.Model.Config.Mlp[0]).Experts));
        Assert.That(fits.Any(one => one.Fit.Fraction is not null), $"seed {Seed}");
        Assert.That(Loss(change), Is.LessThan(Loss(new double[change.Length])));
        for (var expert = 0; expert < Kept; expert++)
        {
            var own = change.Where((_, i) => i % (Kept * Narrow) / Narrow == expert).ToArray();
            Assert.That(own.All(value => value == 0), Is.EqualTo(fits[expert].Fit.Fraction is null), $"{expert}");
        }

        // By the same choices the same text gives the same weights; other text gives others.
        var again = Refit(Given(block => refitted.Choices[block]), windows, "again");
        for (var layer = 0; layer < 2; layer++)
            Assert.That(again.Model.ReadLayer(layer).Mlp!.Down.Values, Is.EqualTo(refitted.Model.ReadLayer(layer).Mlp!.Down.Values));
        Assert.That($"{refitted.Choices["layer 0 down_proj"]}", Is.EqualTo($"{again.Choices["layer 0 down_proj"]}").And.Contains(";"));
        Assert.That(ExpertNote.Of(refitted), Is.Null);
    }

    [Test]
    public void Broken_off_and_resumed_it_gives_the_same_bytes()
    {
        var options = new FinalRefitOptions { Choices = new MeasuredChoices(Windows(20, Seed + 1), source, "levels") };
        var (shaped, windows) = (run.Model.Config with { Layers = [Shape, Shape] }, Windows(40, Seed));
        FinalRefit.Run(run.Model, shaped, levels, run.Runner, windows, options, run.Folder("whole"), new CpuDevice(2));
        Assert.That(() => FinalRefit.Run(run.Model, shaped, levels, run.Runner, windows, options, run.Folder("parts"), new CpuDevice(2), TimeSpan.Zero,
            new StopAfter(1)), Throws.InstanceOf<OperationCanceledException>());
        FinalRefit.Run(run.Model, shaped, levels, run.Runner, windows, options, run.Folder("parts"), new CpuDevice(2));
        foreach (var file in Directory.GetFiles(run.Folder("whole"), "*.refit"))
            Assert.That(File.ReadAllBytes(Path.Combine(run.Folder("parts"), Path.GetFileName(file))), Is.EqualTo(File.ReadAllBytes(file)), file);
    }

    [Test]
    public void Experts_that_few_tokens_pass_keep_the_weights_of_their_level_and_are_named()
    {
        // Sixty tokens: no expert is passed by a hundred.
        var refitted = Refit(Given(_ => BlockChoice.Usual), Windows(5, Seed), "few");
        for (var layer = 0; layer < 2; layer++)
            Assert.That(refitted.Model.ReadLayer(layer).Mlp!.Down.Values, Is.EqualTo(source.Mlp(layer, Shape)!.Down.Values));
        Assert.That(refitted.Experts.Values.SelectMany(block => block).All(one => one.Fit.Few));
        Assert.That(ExpertNote.Of(refitted),
            Does.StartWith("the final refit leaves 6 of 6 experts the weights of their level").And.Contains("down_proj expert "));
    }

    [Test]
    public void A_block_that_is_gone_and_experts_that_are_whole_are_refitted_around()
    {
        var plan = new Plan([new(2, 4, 3 * SyntheticExperts.Width), new(2, 4, 0)]);
        var options = new FinalRefitOptions { Choices = Given(_ => BlockChoice.Usual) };
        using var refitted = FinalRefit.Run(run.Model, run.Model.Config with { Layers = plan.Layers }, levels, run.Runner, Windows(40, Seed), options,
            run.Folder("gone"), new CpuDevice(1)).Model;
        Assert.That(refitted.ReadLayer(1).Mlp, Is.Null);
        Assert.That(refitted.ReadLayer(0).Mlp!.Kind, Is.EqualTo(run.Model.Config.Mlp[0]));
        // Of whole experts too: tokens of the one that is gone pass them.
        Assert.That(refitted.ReadLayer(0).Mlp!.Down.Values, Is.Not.EqualTo(source.Mlp(0, plan.Layers[0])!.Down.Values).Within(1e-3));
    }

    private static LayerShape Shape => new(2, 4, Kept * Narrow) { ExpertWidth = Narrow };

    private FixedChoices Given(Func<string, BlockChoice> choice) => new(choice, "given", source);

    private RefittedModel Refit(RefitChoices choices, TokenWindows windows, string folder) => FinalRefit.Run(run.Model,
        run.Model.Config with { Layers = [Shape, Shape] }, levels, run.Runner, windows, new FinalRefitOptions { Choices = choices }, run.Folder(folder),
        new CpuDevice(2));

    /// <summary>In front of the first block of experts: what enters its down_proj (tokens × channels that stay), what it lacks with the weights of its level
    /// (tokens × hidden), and those weights.</summary>
    private (double[] Inputs, double[] Lacks, double[] Down) Before(RefittedModel refitted, TokenWindows windows)
    {
        var (layer, small) = (run.Model.ReadLayer(0), source.Mlp(0, Shape)!);
        var x = DecoderForward.Embed(run.Model, windows);
        Activations Past(AttentionWeights attention) => run.Runner.Attention(attention, layer.AttentionNorm, x).Output;
        var (dense, pruned) = (Past(layer.Attention!), Past(refitted.Model.ReadLayer(0).Attention!));
        var after = run.Runner.Mlp(layer.Mlp!, layer.MlpNorm, dense).Output.Values;
        var there = run.Runner.Mlp(layer.Mlp!, layer.MlpNorm, pruned).Output.Values;
        var now = run.Runner.Mlp(small, layer.MlpNorm, pruned, captureInputs: true);
        // Half of the way back to the dense stream.
        double[] lacks = [.. there.Select((value, i) => value + (0.5 * ((double)after[i] - value)) - now.Output.Values[i])];
        return (Array.ConvertAll(now.Inputs!.Values, value => (double)value), lacks, Array.ConvertAll(small.Down.Values, value => (double)value));
    }

    private TokenWindows Windows(int count, int seed)
    {
        var random = new Random(seed);
        return new TokenWindows(12, [.. Enumerable.Range(0, 12 * count).Select(_ => random.Next(run.Model.Config.VocabSize))]);
    }

    /// <summary>Gauss–Jordan elimination.</summary>
    private static double[] Solved(double[,] matrix, double[] right)
    {
        var (a, b) = ((double[,])matrix.Clone(), (double[])right.Clone());
        for (var pivot = 0; pivot < b.Length; pivot++)
            for (var row = 0; row < b.Length; row++)
            {
                var factor = a[row, pivot] / a[pivot, pivot];
                if (row == pivot)
                    continue;
                for (var col = pivot; col < b.Length; col++)
                    a[row, col] -= factor * a[pivot, col];
                b[row] -= factor * b[pivot];
            }

        return [.. b.Select((value, i) => value / a[i, i])];
    }
}
