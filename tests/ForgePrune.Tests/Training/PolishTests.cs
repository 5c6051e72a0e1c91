using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class PolishTests
{
    private const int Seed = 3;

    private static readonly TokenWindows Fitting = new(SyntheticDecoders.Window, SyntheticDecoders.Ids(600, 1)),
        Selection = new(SyntheticDecoders.Window, SyntheticDecoders.Ids(30, 2));

    [Test]
    public void A_model_whose_channels_were_scaled_comes_back()
    {
        using var folder = new TemporaryFolder();
        using var dense = SyntheticDecoders.Model("llama, tied", Seed);
        using var spoilt = Spoilt(dense);
        var result = Polish.Run(spoilt, dense, Fitting, Selection, new PolishOptions { Passes = 40, Rate = 3e-2 }, folder["state"], threads: 2);
        TestContext.Out.WriteLine($"seed {Seed}: KL {result.KlBefore} before, {result.KlAfter} after");
        Assert.That(result.KlAfter, Is.LessThan(0.1 * result.KlBefore));
        Assert.That(result.Helped, Is.True);
        Assert.That(result.Tokens, Is.EqualTo(result.Losses.Count * 2045L), "whole windows of 5 within 2048, over and over");
        Assert.That(result.Model.Config, Is.EqualTo(dense.Config));
    }

    [Test]
    public void Kl_is_that_of_the_selection_windows()
    {
        using var folder = new TemporaryFolder();
        using var dense = SyntheticDecoders.Model("qwen2, biases", Seed);
        using var spoilt = Spoilt(dense);
        var result = Polish.Run(spoilt, dense, Fitting, Selection, new PolishOptions { Passes = 1 }, folder["state"], threads: 2);
        foreach (var (model, found) in new[] { (spoilt, result.KlBefore), (result.Model, result.KlAfter) })
        {
            DecoderParameters weights = new(model), teacher = new(dense);
            int[] ids = [.. Enumerable.Range(0, Selection.Count).SelectMany(window => Selection.Window(window).ToArray())];
            var plain = new PlainDecoder(weights.Layout, SyntheticDecoders.Window);
            var truth = new PlainDecoder(teacher.Layout, SyntheticDecoders.Window).Logits(Array.ConvertAll(teacher.Values, value => (double)value), ids);
            var expected = plain.Loss(Array.ConvertAll(weights.Values, value => (double)value), ids, truth) / (Selection.Count * (SyntheticDecoders.Window - 1));
            // Float32 sums of a few dozen terms, as for gradients.
            Assert.That(found, Is.EqualTo(expected).Within(5e-5));
        }
    }

    [Test]
    public void Stopped_it_goes_on_and_ends_with_the_same_figures()
    {
        using var folder = new TemporaryFolder();
        using var dense = SyntheticDecoders.Model("llama, tied", Seed);
        using var spoilt = Spoilt(dense);
        PolishedModel Run(string state, CancellationToken stop, IProgress<RecoveryProgress>? progress) =>
            Polish.Run(spoilt, dense, Fitting, Selection, new PolishOptions { Passes = 4 }, folder[state], threads: 1, progress, stop);
        var whole = Run("whole", default, null);
        using var stop = new CancellationTokenSource();
        Assert.That(() => Run("broken", stop.Token, new Heard(stop.Cancel)), Throws.InstanceOf<OperationCanceledException>());
        var steps = 0;
        var resumed = Run("broken", default, new Heard(() => steps++));
        Assert.That(steps, Is.EqualTo(whole.Losses.Count - 1));
        Assert.That((resumed.KlBefore, resumed.KlAfter), Is.EqualTo((whole.KlBefore, whole.KlAfter)));
        Assert.That(resumed.Model.ContentHash, Is.EqualTo(whole.Model.ContentHash));
    }

    /// <summary>Columns of o_proj and down_proj, norms and biases times up to a third more or less: what polishing can undo.</summary>
    private static IDecoderModel Spoilt(IDecoderModel model)
    {
        var weights = new ScopedWeights(model, RecoveryScope.Scales, Seed);
        var random = new Random(Seed);
        foreach (ref var value in weights.Values.AsSpan())
            value *= (float)(1 + ((random.NextDouble() - 0.5) * 0.67));
        return weights.ToModel();
    }

    private sealed class Heard(Action action) : IProgress<RecoveryProgress>
    {
        public void Report(RecoveryProgress value) => action();
    }
}
