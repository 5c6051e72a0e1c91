using ForgePrune.Forward;
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
    [Test]
    public void Broken_off_at_any_moment_no_part_is_measured_again([Values(1, 40, 100, 160)] int reports)
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var (whole, all) = Measure(run, null, null);
        Assert.That(() => Measure(run, new SearchFolder(folder.Path), new StopAfter(reports)), Throws.InstanceOf<OperationCanceledException>());
        var parts = new SearchFolder(folder.Path).PriceParts?.Kl.Count ?? 0;
        Assert.That(parts, reports == 1 ? Is.Zero : Is.Positive);
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

    /// <summary>With memory for two plans on one window.</summary>
    private static (MeasuredPrices Prices, int Calls) Measure(SyntheticCalibration run, SearchFolder? folder, IProgress<double>? progress)
    {
        var levels = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 1 << 28, new CpuDevice(2));
        var memory = 2 * StreamMemory.PerWindow(run.Model.Config, run.Windows.Length, 3);
        var evaluator = new PlanEvaluator(run.Model, run.Runner, levels, new PlanEvaluatorOptions(MemoryBytes: memory));
        var grid = new LevelGrid([new(2, 4), new(2, 2), new(1, 2), new(1, 1)], [24, 18, 12, 6]);
        var calls = run.Runner.Calls;
        var prices = SingleReplacementPrices.Measure(
            new Plan(run.Model.Config.Layers), [grid, grid, grid], evaluator, run.Windows, progress, folder is null ? null : new PartStore(folder));
        return (prices, run.Runner.Calls - calls);
    }
}
