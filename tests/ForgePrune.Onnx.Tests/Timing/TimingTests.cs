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
    public void Two_models_are_timed_in_equally_many_turns()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        OnnxDecoder Open() => OnnxDecoder.Open(folder["onnx"], 1);
        var (prefill, decode) = AbBench.Run(Open, Open, Small, maxSeconds: 0.1);
        foreach (var result in (AbResult[])[prefill, decode])
        {
            Assert.That(result.A.Openings, Has.Count.EqualTo(6).And.All.Count.GreaterThanOrEqualTo(3));
            Assert.That(result.A.Openings.Select(turns => turns.Count), Is.EqualTo(result.B.Openings.Select(turns => turns.Count)));
            Assert.That(result.A.Openings.Concat(result.B.Openings).SelectMany(turns => turns), Has.All.Positive);
            Assert.That(result.SpeedUp.Ratio, Is.InRange(result.SpeedUp.Low, result.SpeedUp.High));
        }
        Assert.That((prefill.Phase, decode.Phase), Is.EqualTo((Phase.Prefill, Phase.Decode)));
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
            Assert.That(result.A.Openings, Has.Count.EqualTo(2), "before and after the other");
            Assert.That(result.A, Has.Count.EqualTo(result.B.Count).And.Count.GreaterThanOrEqualTo(8));
            Assert.That(result.A.Openings.Concat(result.B.Openings).SelectMany(turns => turns), Has.All.Positive);
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
