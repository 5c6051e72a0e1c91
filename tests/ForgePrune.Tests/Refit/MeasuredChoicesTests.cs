using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tests.Levels;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Refit;

public sealed class MeasuredChoicesTests
{
    private const int Seed = 23;
    private static readonly Plan Half = new([new(1, 2, 12), new(2, 2, 10)]);

    [Test]
    public void The_loss_on_unseen_text_is_that_of_plain_loops([Values(1, 2)] int threads)
    {
        var (x, y) = (SyntheticInputs.Activations(30, 7, Seed), SyntheticInputs.Activations(30, 3, Seed + 1));
        int[] columns = [1, 4, 6];
        var weights = SyntheticInputs.Weights(3, 3, Seed);
        float[] bias = [0.5f, -1, 0.25f];
        var sum = 0.0;
        for (var token = 0; token < 30; token++)
        {
            for (var row = 0; row < 3; row++)
            {
                var said = (double)bias[row];
                for (var i = 0; i < 3; i++)
                    said += weights.Row(row)[i] * (double)x.Values[token * 7 + columns[i]];
                sum += Math.Pow(said - y.Values[token * 3 + row], 2);
            }
        }

        // float32 products and distances: a few units in the last place of each of 30 sums.
        Assert.That(new UnseenLoss([(y, x)], threads).Of(new Projection(weights, bias), columns), Is.EqualTo(sum / 30).Within(1e-5 * sum / 30));
        Assert.That(new UnseenLoss([(y, y)], threads).Of(null), Is.Zero);
    }

    [Test]
    public void Every_block_takes_what_is_closest_to_its_target_on_the_selection_text()
    {
        using var run = new SyntheticCalibration(Seed);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 28, new CpuDevice(2));
        var selection = Windows(run.Model.Config.VocabSize, 24, Seed + 5);
        var options = new FinalRefitOptions { Choices = new MeasuredChoices(selection, source, "levels") };
        var shaped = run.Model.Config with { Layers = Half.Layers };
        var refitted = FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, options, run.Folder("measured"), new CpuDevice(2));

        // The first block has nothing before it: its choice can be repeated by hand, whichever it is.
        var choice = refitted.Choices["layer 0 o_proj"];
        Assert.That(choice.Input, Is.Null, "nothing was pruned before the first block");
        var taken = Loss(refitted.Model.ReadLayer(0).Attention!.Output);
        Assert.That(Loss(source.Attention(0, Half.Layers[0])!.Output), Is.GreaterThanOrEqualTo(taken * (1 - 1e-6)));
        foreach (var fraction in DampingLadder.Fractions)
        {
            var fixedChoice = new FixedChoices(_ => new BlockChoice(null, fraction), $"{fraction}", source);
            var other = FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, new FinalRefitOptions { Choices = fixedChoice },
                run.Folder($"fixed {fraction}"), new CpuDevice(2));
            // A walk ends in a valley; with three neighbors around the best this is the only one here.
            Assert.That(Loss(other.Model.ReadLayer(0).Attention!.Output), Is.GreaterThanOrEqualTo(taken * (1 - 1e-6)), $"damping {fraction}");
        }

        double Loss(Matrix output)
        {
            var layer = run.Model.ReadLayer(0);
            var x = DecoderForward.Embed(run.Model, selection);
            var there = run.Runner.Attention(layer.Attention!, layer.AttentionNorm, x, true);
            var target = new Activations(x.Windows, x.Tokens, x.Width, [.. there.Output.Values.Zip(x.Values, (after, before) => after - before)]);
            var heads = levels.Heads(0, new AttentionLevel(1, 2));
            return new UnseenLoss([(target, there.Inputs!)], 1).Of(new Projection(output, null), BlockSlice.Indices(heads, 8));
        }
    }

    [Test]
    public void A_second_refit_by_the_choices_of_the_first_is_the_first_on_the_same_text()
    {
        using var run = new SyntheticCalibration(Seed);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 28, new CpuDevice(2));
        var shaped = run.Model.Config with { Layers = Half.Layers };
        var measured = new FinalRefitOptions { Choices = new MeasuredChoices(Windows(run.Model.Config.VocabSize, 24, Seed + 5), source, "levels") };
        var first = FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, measured, run.Folder("first"), new CpuDevice(2));
        var given = new FinalRefitOptions { Choices = new FixedChoices(block => first.Choices[block], "given", source) };
        var second = FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, given, run.Folder("second"), new CpuDevice(2));
        for (var layer = 0; layer < 2; layer++)
        {
            Assert.That(second.Model.ReadLayer(layer).Attention!.Output.Values, Is.EqualTo(first.Model.ReadLayer(layer).Attention!.Output.Values));
            Assert.That(second.Model.ReadLayer(layer).Mlp!.Down.Values, Is.EqualTo(first.Model.ReadLayer(layer).Mlp!.Down.Values));
        }
    }

    [Test]
    public void Resumed_it_gives_the_same_bytes()
    {
        using var run = new SyntheticCalibration(Seed);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 28, new CpuDevice(2));
        var options = new FinalRefitOptions { Choices = new MeasuredChoices(Windows(run.Model.Config.VocabSize, 24, Seed + 5), source, "levels") };
        var shaped = run.Model.Config with { Layers = Half.Layers };
        FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, options, run.Folder("whole"), new CpuDevice(2));
        Assert.That(() => FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, options, run.Folder("parts"), new CpuDevice(2), TimeSpan.Zero,
            new StopAfter(1)), Throws.InstanceOf<OperationCanceledException>());
        FinalRefit.Run(run.Model, shaped, levels, run.Runner, run.Windows, options, run.Folder("parts"), new CpuDevice(2));
        foreach (var file in Directory.GetFiles(run.Folder("whole"), "*.refit"))
            Assert.That(File.ReadAllBytes(Path.Combine(run.Folder("parts"), Path.GetFileName(file))), Is.EqualTo(File.ReadAllBytes(file)), file);
    }

    private static TokenWindows Windows(int vocabulary, int windows, int seed)
    {
        var random = new Random(seed);
        return new TokenWindows(12, [.. Enumerable.Range(0, 12 * windows).Select(_ => random.Next(vocabulary))]);
    }
}
