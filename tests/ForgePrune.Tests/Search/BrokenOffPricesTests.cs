using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Search;

/// <summary>Prices that are measured in many parts go on behind the last part.</summary>
public sealed class BrokenOffPricesTests
{
    // Reports of progress until the first layer is measured.
    private const int FirstLayer = 160;

    [Test]
    public void Broken_off_at_any_moment_no_part_is_measured_again([Values(1, 40, 100, 160)] int reports)
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var (whole, all) = Measure(run, null, null);
        Assert.That(() => Measure(run, new SearchFolder(folder.Path), new StopAfter(reports)), Throws.InstanceOf<OperationCanceledException>());
        var parts = Files(folder);
        Assert.That(parts, reports < FirstLayer ? Is.Zero : Is.Positive);
        var (resumed, rest) = Measure(run, new SearchFolder(folder.Path), null);
        for (var layer = 0; layer < 3; layer++)
        {
            Assert.That(resumed.Layers[layer].Attention, Is.EqualTo(whole.Layers[layer].Attention));
            Assert.That(resumed.Layers[layer].Ffn, Is.EqualTo(whole.Layers[layer].Ffn));
        }

        Assert.That(rest, parts == 0 ? Is.EqualTo(all) : Is.LessThan(all));
        TestContext.Out.WriteLine($"{parts} parts kept, {rest} of {all} blocks run");
    }

    [Test]
    public void A_store_without_parts_changes_nothing_and_a_full_one_measures_nothing()
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var (whole, _) = Measure(run, null, null);
        var (kept, _) = Measure(run, new SearchFolder(folder.Path), null);
        var (read, calls) = Measure(run, new SearchFolder(folder.Path), null);
        Assert.That(calls, Is.Zero);
        Assert.That(kept.Layers.SelectMany(layer => layer.Attention.Concat(layer.Ffn)),
            Is.EqualTo(whole.Layers.SelectMany(layer => layer.Attention.Concat(layer.Ffn))));
        Assert.That(read.Layers.SelectMany(layer => layer.Attention.Concat(layer.Ffn)),
            Is.EqualTo(whole.Layers.SelectMany(layer => layer.Attention.Concat(layer.Ffn))));
    }

    /// <summary>Every layer by another evaluator, as by another machine, and in another order; then all together from their files.</summary>
    [TestCase(1L << 28)]
    [TestCase(0)]
    public void Measured_by_many_they_are_bit_for_bit_those_measured_by_one(long memory)
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var (whole, all) = Measure(run, null, null, memory);
        foreach (var layer in (int[])[2, 0, 1])
            Measure(run, Shared(layer), null, memory);
        Assert.That(Files(folder), Is.EqualTo(3));
        var (read, calls) = Measure(run, Shared(null), null, memory);
        Assert.That(calls, Is.Zero);
        for (var layer = 0; layer < 3; layer++)
        {
            Assert.That(read.Layers[layer].Attention, Is.EqualTo(whole.Layers[layer].Attention));
            Assert.That(read.Layers[layer].Ffn, Is.EqualTo(whole.Layers[layer].Ffn));
        }

        TestContext.Out.WriteLine($"{all} blocks run by one");

        SearchFolder Shared(int? layer) => new(folder.Path)
        {
            PriceParts = new PartStore(folder["prices"], SourceHash.Of("search"), layer is { } one ? other => other == one : null),
        };
    }

    [Test]
    public void A_damaged_part_is_measured_again()
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var (whole, all) = Measure(run, new SearchFolder(folder.Path), null);
        var bytes = File.ReadAllBytes(folder["prices/layer-01.prices"]);
        bytes[70] ^= 4;
        File.WriteAllBytes(folder["prices/layer-01.prices"], bytes);
        var (again, calls) = Measure(run, new SearchFolder(folder.Path), null);
        Assert.That(calls, Is.Positive.And.LessThan(all));
        Assert.That(again.Layers[1].Ffn, Is.EqualTo(whole.Layers[1].Ffn));
    }

    private static int Files(TemporaryFolder folder) =>
        Directory.Exists(folder["prices"]) ? Directory.GetFiles(folder["prices"], "*.prices").Length : 0;

    /// <summary>With memory for two plans on one window.</summary>
    private static (MeasuredPrices Prices, int Calls) Measure(
        SyntheticCalibration run, SearchFolder? folder, IProgress<double>? progress, long more = 0)
    {
        var levels = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 1 << 28, new CpuDevice(2));
        var memory = 2 * StreamMemory.PerWindow(run.Model.Config, run.Windows.Length, 3) + more;
        var evaluator = new PlanEvaluator(run.Model, run.Runner, levels, new PlanEvaluatorOptions(MemoryBytes: memory));
        var grid = new LevelGrid([new(2, 4), new(2, 2), new(1, 2), new(1, 1)], [24, 18, 12, 6]);
        var calls = run.Runner.Calls;
        var prices = SingleReplacementPrices.Measure(
            new Plan(run.Model.Config.Layers), [grid, grid, grid], evaluator, run.Windows, progress, folder?.PriceParts);
        return (prices, run.Runner.Calls - calls);
    }
}
