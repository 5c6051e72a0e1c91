using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Search;

/// <summary>Plans that are measured together, by one process or by many.</summary>
public sealed class SharedPlansTests
{
    /// <summary>Every plan by another evaluator, as by another machine; then all from their files. With little memory the windows go in groups, whose number
    /// must not depend on which plans a process measures.</summary>
    [TestCase(1L << 28)]
    [TestCase(0)]
    public void Measured_by_many_they_are_bit_for_bit_those_measured_by_one(long memory)
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 3, ffn: 24));
        using var folder = new TemporaryFolder();
        var plans = Plans(run.Model.Config);
        var together = Evaluator(run, memory).Kl(plans, run.Windows);
        Assert.That(Evaluator(run, memory).Kl(plans, run.Windows, PlanStore.None, null), Is.EqualTo(together));
        foreach (var plan in (int[])[2, 0, 1])
        {
            var own = Evaluator(run, memory).Kl(plans, run.Windows, Store(plan), null);
            Assert.That(own[plan], Is.EqualTo(together[plan]));
        }

        var calls = run.Runner.Calls;
        Assert.That(Evaluator(run, memory).Kl(plans, run.Windows, Store(null), null), Is.EqualTo(together));
        Assert.That(run.Runner.Calls, Is.EqualTo(calls), "all were there");

        var bytes = File.ReadAllBytes(folder[PlanStore.NameOf(1)]);
        bytes[^40] ^= 4;
        File.WriteAllBytes(folder[PlanStore.NameOf(1)], bytes);
        Assert.That(Evaluator(run, memory).Kl(plans, run.Windows, Store(null), null), Is.EqualTo(together), "a damaged one is measured again");
        Assert.That(run.Runner.Calls, Is.GreaterThan(calls));

        PlanStore Store(int? one) => new(folder.Path, SourceHash.Of("search"), one is { } plan ? other => other == plan : null);
    }

    [Test]
    public void Of_no_plans_nothing_is_measured()
    {
        using var run = new SyntheticCalibration(3, SyntheticModels.Config(layers: 1, ffn: 24));
        Assert.That(Evaluator(run, 0).Kl([], run.Windows, PlanStore.None, null), Is.Empty);
    }

    private static Plan[] Plans(ModelConfig config)
    {
        var dense = new Plan(config.Layers);
        var (thin, narrow) = (config.Layers[0] with { Ffn = 12 }, config.Layers[0] with { KvHeads = 1, QueryHeads = 2 });
        return [dense.With(0, thin), dense.With(0, thin).With(2, narrow), new Plan([.. config.Layers.Select(_ => thin)])];
    }

    /// <summary>With memory for three plans on one window.</summary>
    private static PlanEvaluator Evaluator(SyntheticCalibration run, long more)
    {
        var levels = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 1 << 28, new CpuDevice(2));
        var memory = (2 * StreamMemory.PerWindow(run.Model.Config, run.Windows.Length, 4)) + more;
        return new PlanEvaluator(run.Model, run.Runner, levels, new PlanEvaluatorOptions(MemoryBytes: memory));
    }
}
