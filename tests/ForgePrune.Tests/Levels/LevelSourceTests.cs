using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Levels;

public sealed class LevelSourceTests
{
    private const int Seed = 15;

    /// <summary>Refits are solved in float64 and rounded to float32 once: half an ε of weights below one.</summary>
    private const double Tolerance = 1e-7;

    [Test]
    public void A_dense_shape_gives_the_very_weights_and_an_empty_one_gives_none()
    {
        using var run = new SyntheticCalibration(Seed);
        var source = LevelSource.Refitting(run.Model, run.Levels(new LevelOptions(Affine: true)), run.Grams, 1 << 30, device: new CpuDevice(2));
        var (dense, shape) = (run.Model.ReadLayer(0), run.Model.Config.Layers[0]);
        Assert.That(source.Attention(0, shape), Is.SameAs(dense.Attention));
        Assert.That(source.Mlp(0, shape), Is.SameAs(dense.Mlp));
        Assert.That(source.Attention(0, new LayerShape(0, 0, 24)), Is.Null);
        Assert.That(source.Mlp(0, new LayerShape(2, 4, 0)), Is.Null);
    }

    [Test]
    public void Output_projections_are_the_best_fit_and_the_rest_is_sliced()
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(ffn: 24) with
        {
            QkvBias = true,
            GateUpBias = true,
            OutputBias = true,
            DownBias = true
        });
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 0, device: new CpuDevice(2));
        var dense = run.Model.ReadLayer(1);

        var (mlp, channels) = (source.Mlp(1, new LayerShape(2, 4, 10))!, levels.Channels(1, 10));
        AssertFit(mlp.Down, new PlainLeastSquares(run.Grams.Mlp(1, 24), dense.Mlp!.Down, levels.Layers[1].Mlp!.Damping.Lambda).Refit(channels));
        Assert.That(mlp.DownBias, Is.EqualTo(dense.Mlp.DownBias));
        for (var i = 0; i < 10; i++)
        {
            Assert.That(mlp.Gate.Row(i).ToArray(), Is.EqualTo(dense.Mlp.Gate.Row(channels[i]).ToArray()));
            Assert.That(mlp.UpBias![i], Is.EqualTo(dense.Mlp.UpBias![channels[i]]));
        }

        var (attention, heads) = (source.Attention(1, new LayerShape(1, 1, 24))!, levels.Heads(1, new(1, 1)));
        var columns = Enumerable.Range(heads[0] * 8, 8).ToArray();
        AssertFit(attention.Output, new PlainLeastSquares(run.Grams.Attention(1, 32), dense.Attention!.Output, levels.Layers[1].Attention!.Damping.Lambda)
            .Refit(columns));
        Assert.That(attention.Query.Values, Is.EqualTo(dense.Attention.Query.Values[(columns[0] * 32)..((columns[7] + 1) * 32)]));
        var group = heads[0] / 2;
        Assert.That(attention.Key.Values, Is.EqualTo(dense.Attention.Key.Values[(group * 256)..((group + 1) * 256)]));
        Assert.That(attention.ValueBias, Is.EqualTo(dense.Attention.ValueBias![(group * 8)..((group + 1) * 8)]));
    }

    [Test]
    public void Stored_projections_are_those_that_were_made_to_the_bit_and_are_not_made_again()
    {
        using var run = new SyntheticCalibration(Seed);
        using var folder = new TemporaryFolder();
        var made = SourceHash.Of("made");
        LayerShape shape = new(1, 2, 10);
        var plain = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 0, device: new CpuDevice(2));
        var first = plain.StoredIn(folder["kept"], made);
        var (attention, mlp) = (first.Attention(0, shape)!, first.Mlp(0, shape)!);
        Assert.That(attention.Output.Values, Is.EqualTo(plain.Attention(0, shape)!.Output.Values));
        Assert.That(mlp.Down.Values, Is.EqualTo(plain.Mlp(0, shape)!.Down.Values));

        // Without Grams nothing can be made: what comes now comes from the files.
        var blind = LevelSource.Refitting(run.Model, run.Levels(), new GramFolder(folder["none"], made), 0, device: new CpuDevice(2))
            .StoredIn(folder["kept"], made);
        Assert.That(blind.Attention(0, shape)!.Output.Values, Is.EqualTo(attention.Output.Values));
        Assert.That(blind.Mlp(0, shape)!.Down.Values, Is.EqualTo(mlp.Down.Values));
        Assert.That(blind.Mlp(0, shape)!.Gate.Values, Is.EqualTo(mlp.Gate.Values));
        Assert.That(() => blind.Mlp(0, shape with { Ffn = 9 }), Throws.TypeOf<BadInputException>(), "another width was not stored");
        var foreign = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 0, device: new CpuDevice(2)).StoredIn(folder["kept"], SourceHash.Of("other"));
        Assert.That(() => foreign.Mlp(0, shape), Throws.TypeOf<BadInputException>(), "made from something else");
    }

    [Test]
    public void What_was_forgotten_is_made_again_to_the_bit()
    {
        using var run = new SyntheticCalibration(Seed);
        var source = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 1 << 30, device: new CpuDevice(2));
        LayerShape shape = new(1, 2, 10);
        var before = source.Mlp(1, shape)!;
        Assert.That(source.Mlp(1, shape), Is.SameAs(before));
        source.Forget();
        Assert.That(source.Mlp(1, shape), Is.Not.SameAs(before));
        Assert.That(source.Mlp(1, shape)!.Down.Values, Is.EqualTo(before.Down.Values));
    }

    [Test]
    public void Gathering_changes_no_weight()
    {
        using var run = new SyntheticCalibration(Seed);
        var sets = new LayerKeptSets(Enumerable.Repeat<(HeadSets?, ChannelOrder?)>(
            (ScoreLevels.Heads([1, 2], [1, 2, 3, 4]), ScoreLevels.Channels(new double[24])), 2).ToArray());
        var source = LevelSource.Gathering(run.Model, sets, 0);
        var down = source.Mlp(0, new LayerShape(2, 4, 3))!.Down;
        var dense = run.Model.ReadLayer(0).Mlp!.Down;
        for (var row = 0; row < down.Rows; row++)
            Assert.That(down.Row(row).ToArray(), Is.EqualTo(dense.Row(row)[21..].ToArray()));
        Assert.That(source.AddsOutputBias, Is.False);
    }

    [Test]
    public void Affine_refit_is_never_worse_than_mean_compensation_of_a_plain_refit()
    {
        var x = SyntheticInputs.Activations(80, 6, Seed);
        var (gram, w) = (SyntheticInputs.Gram(x), SyntheticInputs.Weights(3, 6, Seed));
        int[] kept = [1, 4];
        var plain = RefitProblem.OfDense(gram, w, null, 0, affine: false, threads: 1).Solve(kept, device: new CpuDevice(2)).Weights;
        var affine = RefitProblem.OfDense(gram, w, null, 0, affine: true, threads: 1).Solve(kept, device: new CpuDevice(2));
        var compensation = new float[3];
        for (var row = 0; row < 3; row++)
            compensation[row] = (float)(Enumerable.Range(0, 6).Sum(col => w.Row(row)[col] * gram.Mean(col)) - kept
                .Select((col, i) => plain.Row(row)[i] * gram.Mean(col)).Sum());
        Assert.That(Error(affine.Weights, affine.Bias!), Is.LessThan(Error(plain, compensation)));
        Assert.That(Error(plain, compensation), Is.LessThan(Error(plain, new float[3])));

        double Error(Matrix weights, float[] bias)
        {
            var sum = 0.0;
            for (var t = 0; t < x.Rows; t++)
                for (var row = 0; row < 3; row++)
                {
                    double difference = bias[row];
                    for (var col = 0; col < 6; col++)
                        difference -= w.Row(row)[col] * x.Values[t * 6 + col];
                    for (var i = 0; i < kept.Length; i++)
                        difference += weights.Row(row)[i] * x.Values[t * 6 + kept[i]];
                    sum += difference * difference;
                }

            return sum;
        }
    }

    [Test]
    public void Dead_channels_that_stay_keep_their_weights()
    {
        var x = SyntheticInputs.Activations(50, 4, Seed);
        for (var t = 0; t < 50; t++)
            x.Values[t * 4 + 2] = 0;
        var w = SyntheticInputs.Weights(3, 4, Seed);
        var refit = RefitProblem.OfDense(SyntheticInputs.Gram(x), w, null, 0.01, affine: false, threads: 1)
            .Solve([0, 1, 2, 3], device: new CpuDevice(2)).Weights;
        for (var i = 0; i < 12; i++)
            Assert.That(refit.Values[i], Is.EqualTo(w.Values[i]).Within(Tolerance));
    }

    [Test]
    public void The_cache_changes_nothing_but_the_work()
    {
        using var run = new SyntheticCalibration(Seed);
        var levels = run.Levels();
        var (none, all) = (LevelSource.Refitting(run.Model, levels, run.Grams, 0, device: new CpuDevice(2)),
            LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 30, device: new CpuDevice(1)));
        foreach (var width in (int[])[5, 20, 5, 1])
        {
            var shape = new LayerShape(1, 2, width);
            Assert.That(all.Mlp(0, shape)!.Down.Values, Is.EqualTo(none.Mlp(0, shape)!.Down.Values));
            Assert.That(all.Attention(1, shape)!.Output.Values, Is.EqualTo(none.Attention(1, shape)!.Output.Values));
        }

        var first = all.Mlp(0, new LayerShape(1, 2, 5));
        Assert.That(all.Mlp(0, new LayerShape(1, 2, 5)), Is.SameAs(first));
    }

    [Test]
    public void The_cache_drops_what_was_used_longest_ago()
    {
        var cache = new LevelCache(10);
        var made = new List<string>();
        foreach (var key in (string[])["a", "b", "a", "c", "a", "b"])
            cache.Get(key, () => { made.Add(key); return key; }, _ => 4);
        Assert.That(made, Is.EqualTo(new[] { "a", "b", "c", "b" }));
        Assert.That(cache.Bytes, Is.EqualTo(8));
    }

    [Test]
    public void Levels_read_back_equal_those_written()
    {
        using var run = new SyntheticCalibration(Seed);
        var (first, second) = (run.Levels(), run.Levels());
        for (var layer = 0; layer < 2; layer++)
        {
            Assert.That(second.Layers[layer].Mlp!.Order.Removal, Is.EqualTo(first.Layers[layer].Mlp!.Order.Removal));
            Assert.That(second.Layers[layer].Mlp!.Losses, Is.EqualTo(first.Layers[layer].Mlp!.Losses));
            Assert.That(second.Layers[layer].Attention!.Losses, Is.EqualTo(first.Layers[layer].Attention!.Losses));
            foreach (var level in HeadSets.Pairs(2, 4))
                Assert.That(second.Heads(layer, level), Is.EqualTo(first.Heads(layer, level)));
        }
    }

    [Test]
    public void Levels_of_other_settings_are_refused()
    {
        using var run = new SyntheticCalibration(Seed);
        var folder = run.Folder("levels");
        LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(), folder, device: new CpuDevice(2));
        Assert.That(() => LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(Damping: 0.02), folder, device: new CpuDevice(2)),
            Throws.TypeOf<BadInputException>());
    }

    [Test]
    public void Opened_levels_are_those_that_were_built()
    {
        using var run = new SyntheticCalibration(Seed);
        var folder = run.Folder("levels");
        var built = LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(), folder, device: new CpuDevice(2));
        var opened = LevelDatabase.Open(folder, run.Model, run.Grams, new LevelOptions());
        Assert.That(opened.Layers.Select(layer => layer.Mlp!.Losses), Is.EqualTo(built.Layers.Select(layer => layer.Mlp!.Losses)));
        Assert.That(opened.Layers.Select(layer => layer.Mlp!.Order.Kept(3)), Is.EqualTo(built.Layers.Select(layer => layer.Mlp!.Order.Kept(3))));
        File.Delete(Path.Combine(folder, "layer-00.levels"));
        Assert.That(() => LevelDatabase.Open(folder, run.Model, run.Grams, new LevelOptions()), Throws.TypeOf<BadInputException>(), "nothing is computed");
    }

    private static void AssertFit(Matrix weights, double[,] expected)
    {
        Assert.That((weights.Rows, weights.Cols), Is.EqualTo((expected.GetLength(0), expected.GetLength(1))));
        for (var row = 0; row < weights.Rows; row++)
            for (var col = 0; col < weights.Cols; col++)
                Assert.That(weights.Row(row)[col], Is.EqualTo(expected[row, col]).Within(Tolerance));
    }
}
