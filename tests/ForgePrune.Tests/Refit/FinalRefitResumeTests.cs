using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tests.Levels;

namespace ForgePrune.Tests.Refit;

/// <summary>A refit that was broken off, or is there.</summary>
public sealed class FinalRefitResumeTests
{
    private const int Seed = SyntheticRefit.Seed;

    [Test]
    public void A_resumed_refit_leaves_the_same_bytes()
    {
        using var run = new SyntheticCalibration(Seed);
        var options = new FinalRefitOptions { ResidualShare = 0.5 };
        SyntheticRefit.Run(run, SyntheticRefit.Half, options);
        var folder = run.Folder("refit");
        var whole = SyntheticRefit.Files(folder);
        File.Delete(Path.Combine(folder, "layer-00.mlp.refit"));
        File.Delete(Path.Combine(folder, "layer-01.attention.refit"));
        File.Delete(Path.Combine(folder, "layer-01.mlp.refit"));
        SyntheticRefit.Run(run, SyntheticRefit.Half, options);
        Assert.That(SyntheticRefit.Files(folder), Is.EqualTo(whole));
        Assert.That(() => SyntheticRefit.Run(run, SyntheticRefit.Half, options with { ResidualShare = 0.6 }), Throws.TypeOf<BadInputException>());
    }

    [Test]
    [Category("Slow")]
    public void Broken_off_behind_any_layer_no_layer_before_is_run_again([Range(1, 4)] int after, [Values] bool first)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 5, ffn: 24));
        // Where nothing goes from the first layer, both streams are nearly one.
        var plan = new Plan([first ? new(1, 2, 12) : new(2, 4, 24), new(0, 0, 12), new(2, 2, 10), new(1, 1, 0), new(2, 2, 24)]);
        var (levels, folder) = (run.Levels(), run.Folder("broken"));
        Run(run.Folder("whole"), null);
        var whole = run.Runner.Calls;
        Run(run.Folder("again"), null);
        var perRun = run.Runner.Calls - whole;
        Assert.That(() => Run(folder, new StopAfter(after)), Throws.InstanceOf<OperationCanceledException>());
        var calls = run.Runner.Calls;
        Run(folder, null);
        Assert.That(run.Runner.Calls - calls, Is.LessThan(perRun).And.EqualTo(perRun - (calls - whole - perRun)), "what was run is not run again");
        Assert.That(SyntheticRefit.Files(folder), Is.EqualTo(SyntheticRefit.Files(run.Folder("whole"))));

        void Run(string place, IProgress<double>? progress) => FinalRefit.Run(
            run.Model, run.Model.Config with { Layers = plan.Layers }, levels, run.Runner, run.Windows, new FinalRefitOptions(), place, new CpuDevice(2),
                TimeSpan.Zero, progress);
    }

    [Test]
    public void An_opened_refit_is_the_one_that_was_made_and_computes_nothing()
    {
        using var run = new SyntheticCalibration(Seed);
        var options = new FinalRefitOptions();
        var made = SyntheticRefit.Run(run, SyntheticRefit.Half, options);
        var calls = run.Runner.Calls;
        var opened = Open();
        Assert.That(opened.Model.ContentHash, Is.EqualTo(made.Model.ContentHash));
        Assert.That(run.Runner.Calls, Is.EqualTo(calls));
        File.Delete(Directory.GetFiles(run.Folder("refit")).Order().First());
        Assert.That(() => Open(), Throws.TypeOf<BadInputException>());

        RefittedModel Open() => RefittedModel.Open(
            run.Model, run.Model.Config with { Layers = SyntheticRefit.Half.Layers }, run.Levels(), run.Windows, options, run.Folder("refit"), threads: 2);
    }
}
