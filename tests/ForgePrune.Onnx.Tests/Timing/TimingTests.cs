using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Onnx.Timing;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Timing;

public sealed class TimingTests
{
    private static readonly TimingSettings Small = new() { Threads = 1, Prompt = 4, Context = 3 };

    private static readonly LevelGrid Grid = new([new(2, 4), new(1, 2), new(0, 0)], [48, 16, 0]);

    [Test]
    public void A_constant_ratio_has_an_interval_of_no_width()
    {
        double[] b = [1, 2, 3, 4, 5];
        Assert.That(RatioEstimate.Of([.. b.Select(value => 3 * value)], b), Is.EqualTo(new RatioEstimate(3, 3, 3)));
    }

    [Test]
    public void The_interval_of_noisy_pairs_holds_the_true_ratio_in_about_95_of_100_cases()
    {
        var random = new Random(7);
        var held = Enumerable.Range(0, 100).Count(_ =>
        {
            double[] a = [.. Enumerable.Range(0, 41).Select(_ => 2 + random.NextDouble())], b = [.. a.Select(_ => 1 + (0.5 * random.NextDouble()))];
            var estimate = RatioEstimate.Of(a, b);
            return estimate.Low <= 2 && estimate.High >= 2;
        });
        // Binomial(100, 0.95) lies outside 85..100 once in 100,000; the bootstrap of a median covers a little less than it says.
        Assert.That(held, Is.InRange(85, 100));
    }

    [Test]
    public void The_median_of_a_draw_is_that_of_the_drawn_values([Values(1, 2, 3, 10, 41)] int count)
    {
        var random = new Random(count);
        // Few values, so that some are equal.
        double[] samples = [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(1 + (count / 2)))];
        var ranked = new RankedSamples(samples);
        for (var round = 0; round < 100; round++)
        {
            int[] drawn = [.. Enumerable.Range(0, count).Select(_ => random.Next(count))];
            int[] times = [.. Enumerable.Range(0, count).Select(place => drawn.Count(other => other == place))];
            Assert.That(ranked.Median(times), Is.EqualTo(Samples.Median([.. drawn.Select(place => samples[place])])));
        }
    }

    [Test]
    public void Turns_without_partners_are_refused() =>
        Assert.That(() => RatioEstimate.Of([1.0], [1.0, 2.0]), Throws.ArgumentException);

    [TestCase(Phase.Prefill)]
    [TestCase(Phase.Decode)]
    public void Two_models_are_timed_in_equally_many_turns(Phase phase)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using OnnxDecoder a = OnnxDecoder.Open(folder["onnx"], 1), b = OnnxDecoder.Open(folder["onnx"], 1);
        var result = AbBench.Run(a, b, phase, Small, maxSeconds: 0.1);
        Assert.That(result.A, Has.Count.EqualTo(result.B.Count).And.Count.GreaterThanOrEqualTo(15));
        Assert.That(result.A.Concat(result.B), Has.All.Positive);
        Assert.That(result.SpeedUp.Ratio, Is.InRange(result.SpeedUp.Low, result.SpeedUp.High));
    }

    [Test]
    public void Models_loaded_one_after_the_other_give_figures_of_both_phases()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var opened = new List<OnnxDecoder>();
        OnnxDecoder Open()
        {
            opened.Add(OnnxDecoder.Open(folder["onnx"], 1));
            return opened[^1];
        }

        var (prefill, decode) = AloneBench.Run(Open, Open, Small);
        foreach (var result in (AbResult[])[prefill, decode])
        {
            Assert.That(result.A, Has.Count.EqualTo(result.B.Count).And.Count.GreaterThanOrEqualTo(8));
            Assert.That(result.A.Concat(result.B), Has.All.Positive);
            Assert.That(result.SpeedUp.Ratio, Is.InRange(result.SpeedUp.Low, result.SpeedUp.High));
        }
        Assert.That((prefill.Phase, decode.Phase), Is.EqualTo((Phase.Prefill, Phase.Decode)));
        Assert.That(opened, Has.Count.EqualTo(3), "the second model is loaded once");
    }

    [Test]
    public void Every_level_of_the_grid_is_measured_and_no_other()
    {
        using var folder = new TemporaryFolder();
        var table = LatencyMeasurer.Measure(ExportCases.Plain, Grid, Small, folder.Path);
        foreach (var phase in (PhaseTable[])[table.Prefill, table.Decode])
        {
            Assert.That(phase.FixedSeconds, Is.Positive);
            Assert.That(phase.Attention.Keys, Is.EquivalentTo(new AttentionLevel[] { new(2, 4), new(1, 2) }));
            Assert.That(phase.Ffn.Keys, Is.EqualTo(new[] { 16, 48 }));
        }
    }

    [Test]
    public void What_was_measured_is_kept_and_only_the_rest_is_measured()
    {
        using var folder = new TemporaryFolder();
        var first = LatencyMeasurer.Measure(ExportCases.Plain, new([new(2, 4)], [48]), Small, folder.Path);
        var second = LatencyMeasurer.Measure(ExportCases.Plain, Grid, Small, folder.Path);
        Assert.That(second.Decode.Ffn[48], Is.EqualTo(first.Decode.Ffn[48]));
        Assert.That(second.Prefill.FixedSeconds, Is.EqualTo(first.Prefill.FixedSeconds));
        Assert.That(second.Decode.Ffn, Contains.Key(16));
        LatencyMeasurer.Measure(ExportCases.Plain, Grid, Small with { Context = 5 }, folder.Path);
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(2), "other settings, another table");
    }

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(64, 1)]
    [TestCase(65, 2)]
    [TestCase(1000, 16)]
    public void A_walk_reads_every_cache_line(long length, long lines) => Assert.That(new CacheEvictor(1000).Touch(length), Is.EqualTo(lines));

    [Test]
    public void A_probe_and_what_it_lacks_are_the_blocks_of_the_whole_model()
    {
        var config = ExportCases.Plain;
        var frame = LatencyProbe.Baseline.Absent(config);
        var layer = config.Layers[0];
        var attention = LatencyProbe.Attention(config, layer.KvHeads, layer.QueryHeads);
        var mlp = LatencyProbe.Ffn(config, layer.Ffn);
        // What all layers' attention and all layers' MLPs lack of the whole is the other of the two.
        Assert.That(config.Layers, Has.All.EqualTo(layer));
        Assert.That(attention.Absent(config) + mlp.Absent(config), Is.EqualTo(frame).And.Positive);
        Assert.That(LatencyProbe.Fixed.Absent(config), Is.EqualTo(frame));
        Assert.That(LatencyProbe.Ffn(config, 100 * layer.Ffn).Absent(config), Is.Zero, "larger than the whole");
    }

    [Test]
    public void A_probe_as_large_as_any_needs_no_ballast_however_large_the_whole()
    {
        var layer = new LayerShape(8, 32, 16384);
        var config = ExportCases.Plain with { HiddenSize = 4096, HeadDim = 128, Layers = [.. Enumerable.Repeat(layer, 32)] };
        var whole = LatencyProbe.Baseline.Absent(config);
        var own = sizeof(float) * 3L * config.HiddenSize * layer.Ffn;
        Assert.That(own, Is.GreaterThan(whole), "one layer is beyond every cache");
        Assert.That(LatencyProbe.Ffn(config, layer.Ffn).Absent(config), Is.Zero);
    }

    [Test]
    public void A_damaged_table_is_named()
    {
        using var folder = new TemporaryFolder();
        LatencyMeasurer.Measure(ExportCases.Plain, new([], [48]), Small, folder.Path);
        var file = Directory.GetFiles(folder.Path).Single();
        File.WriteAllText(file, File.ReadAllText(file)[..50]);
        Assert.That(() => LatencyMeasurer.Measure(ExportCases.Plain, Grid, Small, folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains(file));
    }
}
