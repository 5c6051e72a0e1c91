using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Calibration;

public sealed class CalibratorTests
{
    private const int Seed = 14;

    [Test]
    public void Grams_are_those_of_the_inputs_that_a_plain_forward_sees()
    {
        using var run = new SyntheticCalibration(Seed);
        var x = run.Embedded();
        for (var layer = 0; layer < 2; layer++)
        {
            var weights = run.Model.ReadLayer(layer);
            var attention = run.Runner.Attention(weights.Attention!, weights.AttentionNorm, x, true);
            AssertGram(run.Grams.Attention(layer, 32), attention.Inputs!);
            var mlp = run.Runner.Mlp(weights.Mlp!, weights.MlpNorm, attention.Output, true);
            AssertGram(run.Grams.Mlp(layer, 24), mlp.Inputs!);
            x = mlp.Output;
        }
    }

    [Test]
    public void A_resumed_run_leaves_the_same_bytes()
    {
        using var run = new SyntheticCalibration(Seed);
        var whole = Files(run.Grams.Path);
        File.Delete(GramFile.MlpPath(run.Grams.Path, 0));
        File.Delete(GramFile.AttentionPath(run.Grams.Path, 1));
        var calls = run.Runner.Calls;
        run.Calibrate();
        Assert.That(run.Runner.Calls, Is.GreaterThan(calls));
        Assert.That(Files(run.Grams.Path), Is.EqualTo(whole));
    }

    [Test]
    [Category("Slow")]
    public void Broken_off_behind_any_layer_no_layer_before_is_run_again([Range(1, 4)] int after)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 5, ffn: 24));
        var folder = run.Folder("broken");
        Assert.That(() => Run(new StopAfter(after)), Throws.InstanceOf<OperationCanceledException>());
        var calls = run.Runner.Calls;
        Run(null);
        Assert.That(run.Runner.Calls - calls, Is.EqualTo(2 * (5 - after)), "two blocks of each layer that is left, in one chunk");
        Assert.That(Files(folder), Is.EqualTo(Files(run.Grams.Path)));

        void Run(IProgress<double>? progress) => Calibrator.Run(run.Model, run.Runner, run.Windows, folder, new CpuDevice(2), TimeSpan.Zero, progress);
    }

    [Test]
    public void A_state_behind_a_missing_gram_is_not_taken()
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 5, ffn: 24));
        var folder = run.Folder("broken");
        Assert.That(() => Run(new StopAfter(4)), Throws.InstanceOf<OperationCanceledException>());
        File.Delete(GramFile.MlpPath(folder, 2));
        Run(null);
        Assert.That(Files(folder), Is.EqualTo(Files(run.Grams.Path)));

        void Run(IProgress<double>? progress) => Calibrator.Run(run.Model, run.Runner, run.Windows, folder, new CpuDevice(2), TimeSpan.Zero, progress);
    }

    [Test]
    public void Two_texts_in_one_pass_leave_the_bytes_of_two_passes([Values(0, 1, 3)] int stopped)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 4, ffn: 24));
        var other = run.Windows.Slice(1, 2);
        Calibrator.Run(run.Model, run.Runner, other, run.Folder("alone"), new CpuDevice(2));
        if (stopped > 0)
            Assert.That(() => Run(new StopAfter(stopped)), Throws.InstanceOf<OperationCanceledException>());
        // The two texts need not stop at the same layer.
        if (stopped == 3)
            File.Delete(GramFile.MlpPath(run.Folder("validation"), 1));
        var calls = run.Runner.Calls;
        Run(null);
        Assert.That(run.Runner.Calls - calls, Is.EqualTo(2 * (stopped == 3 ? 1 + 4 : 2 * (4 - stopped))), "two blocks of each layer and text that is left");
        Assert.That(Files(run.Folder("fitting")), Is.EqualTo(Files(run.Grams.Path)));
        Assert.That(Files(run.Folder("validation")), Is.EqualTo(Files(run.Folder("alone"))));
        calls = run.Runner.Calls;
        Calibrator.Run(run.Model, run.Runner, run.Windows, run.Folder("fitting"), other, run.Folder("validation"), new CpuDevice(2));
        Assert.That(run.Runner.Calls, Is.EqualTo(calls));

        void Run(IProgress<double>? progress) => Calibrator.Run(run.Model, run.Runner,
            [(run.Windows, run.Folder("fitting")), (other, run.Folder("validation"))], new CpuDevice(2), TimeSpan.Zero, progress);
    }

    [Test]
    public void A_finished_run_does_nothing()
    {
        using var run = new SyntheticCalibration(Seed);
        var calls = run.Runner.Calls;
        run.Calibrate();
        Assert.That(run.Runner.Calls, Is.EqualTo(calls));
    }

    [Test]
    public void Grams_of_other_tokens_are_refused()
    {
        using var run = new SyntheticCalibration(Seed);
        Assert.That(() => Calibrator.Run(run.Model, run.Runner, new TokenWindows(2, [1, 2]), run.Grams.Path, device: new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("other sources"));
    }

    [Test]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        using var run = new SyntheticCalibration(Seed);
        using var folder = new TemporaryFolder();
        Assert.That(() => Calibrator.Run(run.Model, run.Runner, new TokenWindows(2, [1, 64]), folder.Path, device: new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("64"));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Merged_grams_are_those_of_the_whole_text()
    {
        using var run = new SyntheticCalibration(Seed);
        var parts = new[] { run.Windows.Slice(0, 1), run.Windows.Slice(1, 2) }.Select((windows, i) =>
        {
            Calibrator.Run(run.Model, run.Runner, windows, run.Folder($"part {i}"), device: new CpuDevice(2));
            return new GramFolder(run.Folder($"part {i}"), Calibrator.Source(run.Model, windows));
        }).ToArray();
        var merged = GramFolder.Merge(run.Model.Config, parts[0], parts[1], run.Folder("merged"));
        foreach (var layer in (int[])[0, 1])
        {
            Assert.That(merged.Attention(layer, 32).Tokens, Is.EqualTo(36));

            // Float32 sums in other blocks, stored in float32: a few ε of sums below 50.
            Assert.That(merged.Attention(layer, 32).Values, Is.EqualTo(run.Grams.Attention(layer, 32).Values).Within(3e-5));
            Assert.That(merged.Mlp(layer, 24).Values, Is.EqualTo(run.Grams.Mlp(layer, 24).Values).Within(3e-5));
        }
    }

    [Test]
    public void Layers_without_a_block_have_no_gram()
    {
        var config = SyntheticModels.Config() with { Layers = [new LayerShape(2, 4, 0), new LayerShape(0, 0, 48)] };
        using var run = new SyntheticCalibration(Seed, config);
        Assert.That(Files(run.Grams.Path).Select(file => file.Name), Is.EqualTo(new[] { "layer-00.attention.gram", "layer-01.mlp.gram" }));
        using var folder = new TemporaryFolder();
        var levels = LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(), folder.Path, device: new CpuDevice(2));
        Assert.That((levels.Layers[0].Mlp, levels.Layers[1].Attention), Is.EqualTo(((ChannelLevels?)null, (AttentionLevels?)null)));
    }

    private static (string Name, string Bytes)[] Files(string folder) => Directory.GetFiles(folder).Order()
        .Select(path => (Path.GetFileName(path), Convert.ToHexString(File.ReadAllBytes(path)))).ToArray();

    private static void AssertGram(GramStatistics gram, Activations inputs)
    {
        Assert.That(gram.Tokens, Is.EqualTo(inputs.Rows));
        for (var i = 0; i < gram.Cols; i++)
            for (var j = 0; j < gram.Cols; j++)
            {
                double sum = 0, scale = 0;
                for (var t = 0; t < inputs.Rows; t++)
                {
                    var product = (double)inputs.Values[t * gram.Cols + i] * inputs.Values[t * gram.Cols + j];
                    sum += product;
                    scale += Math.Abs(product);
                }

                // Float32 sums over at most 36 tokens, and float32 storage: 36 · 6e-8 of the summed magnitudes.
                Assert.That(gram.Values[i * gram.Cols + j], Is.EqualTo(sum).Within(3e-6 * scale + 1e-12));
            }
    }
}
