using ForgePrune.Evaluation;
using ForgePrune.Levels;
using ForgePrune.Methods.Dress;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Tests.Dress;

public sealed class RegularizedTrainingTests
{
    private const int Window = 8, Seed = 4, Vocab = 24, HeadDim = 8, Hidden = 16;

    private static readonly Plan Plan = new([new(1, 2, 8), new(0, 0, 16)]);

    private static readonly KeptUnits[] Kept = [new([2, 3], [0, 3, 5, 7, 8, 11, 13, 15]), new([], [.. Enumerable.Range(0, 16)])];

    private static readonly RecoveryOptions Options = new() { Tokens = 640, TokensPerStep = 16, TokensAtOnce = 16, Rate = 3e-3, Seed = Seed };

    private InMemoryModel dense = null!;
    private TokenWindows text = null!;

    [SetUp]
    public void Make()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        dense = SyntheticModels.Random(SyntheticModels.Config(layers: 2, hidden: Hidden, headDim: HeadDim, kvHeads: 2, queryHeads: 4, ffn: 16, vocab: Vocab),
            Seed);
        var random = new Random(Seed);
        text = new(Window, [.. Enumerable.Range(0, 12 * Window).Select(_ => random.Next(Vocab))]);
    }

    [TearDown]
    public void Dispose() => dense.Dispose();

    [TestCase(1)]
    [TestCase(7)]
    public void All_steps_together_leave_a_thousandth_of_what_leaving_units_contribute_and_all_of_the_rest(int steps)
    {
        var parameters = new DecoderParameters(dense);
        var (penalty, before) = (new StructurePenalty(Kept), parameters.Values.ToArray());
        var last = penalty.Norm(parameters.Layout, parameters.Values);
        for (var step = 0; step < steps; step++)
        {
            penalty.Apply(parameters.Layout, parameters.Values, step, steps);
            Assert.That(penalty.Norm(parameters.Layout, parameters.Values), Is.LessThan(last));
            last = penalty.Norm(parameters.Layout, parameters.Values);
            // Step t of T takes its t/(1 + … + T) of the logarithm: the first leaving channel, number 1, in one row of up.
            var done = (step + 1) * (step + 2) / (steps * (steps + 1.0));
            var was = parameters.Layout.Of(before, TensorRole.Up, 0)[Hidden];
            Require(parameters.Layout.Of(parameters.Values, TensorRole.Up, 0)[Hidden], Math.Pow(1e-3, done / 3) * was, $"step {step}");
        }

        var start = 0;
        foreach (var tensor in parameters.Layout.Tensors)
        {
            for (var i = 0; i < (int)tensor.Elements; i++)
            {
                var (row, column) = tensor.IsVector ? (i, 0) : (i / tensor.Cols, i % tensor.Cols);
                // Layer 0 loses its first group of two heads and half of its channels, layer 1 both groups and no channel.
                var power = tensor.Role switch
                {
                    TensorRole.Value => tensor.Layer == 1 || row < HeadDim ? 1 / 2.0 : 0,
                    TensorRole.Output => tensor.Layer == 1 || column < 2 * HeadDim ? 1 / 2.0 : 0,
                    TensorRole.Gate or TensorRole.Up => Kept[tensor.Layer].Channels.Contains(row) ? 0 : 1 / 3.0,
                    TensorRole.Down => Kept[tensor.Layer].Channels.Contains(column) ? 0 : 1 / 3.0,
                    _ => 0,
                };
                Require(parameters.Values[start + i], Math.Pow(1e-3, power) * before[start + i], $"{tensor.Role} of layer {tensor.Layer}, value {i}");
            }

            start += (int)tensor.Elements;
        }
    }

    [Test]
    public void Heads_that_leave_a_group_that_stays_are_pressed_by_their_own_columns_alone()
    {
        var parameters = new DecoderParameters(dense);
        var before = parameters.Values.ToArray();
        new StructurePenalty([new([0, 2], [.. Enumerable.Range(0, 16)]), Kept[1]]).Apply(parameters.Layout, parameters.Values, 0, 1);
        Assert.That(parameters.Layout.Of(parameters.Values, TensorRole.Value, 0).ToArray(),
            Is.EqualTo(parameters.Layout.Of(before, TensorRole.Value, 0).ToArray()));
        for (var i = 0; i < Hidden * 4 * HeadDim; i++)
        {
            var was = parameters.Layout.Of(before, TensorRole.Output, 0)[i];
            Require(parameters.Layout.Of(parameters.Values, TensorRole.Output, 0)[i], i / HeadDim % 4 is 1 or 3 ? 1e-3 * was : was, $"value {i}");
        }
    }

    [Test]
    public void The_damage_of_the_cut_falls_as_regularisation_goes_on()
    {
        using var folder = new TemporaryFolder();
        var result = Run(folder.Path, Options with { Tokens = 6400 });
        foreach (var point in result.Points)
            TestContext.Out.WriteLine(point);
        Assert.That(result.Points.Select(point => point.Tokens), Is.EqualTo(new[] { 0, 1600, 3200, 4800, 6400 }));
        Assert.That((result.Points[0].WeightShare, result.Points[0].Whole.Kl), Is.EqualTo((1.0, 0.0)).Within(1e-6));
        double Damage(int point) => result.Points[point].Cut.Kl - result.Points[point].Whole.Kl;
        Assert.That(result.Points.Select(point => point.WeightShare), Is.Ordered.Descending);
        Assert.That(Damage(4), Is.LessThan(0.05 * Damage(0)), "the cut itself does next to nothing any more");
        Assert.That(Damage(2), Is.LessThan(Damage(0)));
        Assert.That(result.Points[^1].Cut.Kl, Is.LessThan(result.Points[0].Cut.Kl), "and what it carried went somewhere");
    }

    [Test]
    public void Without_regularisation_only_the_cut_is_measured()
    {
        using var folder = new TemporaryFolder();
        var result = Run(folder.Path, null);
        Assert.That(result.Points.Single().Tokens, Is.Zero);
        Assert.That(result.Model.Values, Is.EqualTo(new DecoderParameters(dense).Values));
    }

    [TestCase(1)]
    [TestCase(10)]
    [TestCase(25)]
    [TestCase(39)]
    [Category("Slow")]
    public void Broken_off_anywhere_it_goes_on_and_ends_with_the_same_bytes(int steps)
    {
        using var folder = new TemporaryFolder();
        var whole = Run(folder["whole"], Options);
        using var stop = new CancellationTokenSource();
        Assert.That(() => Run(folder["broken"], Options, new StopAt(steps * 16L, stop), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        var resumed = Run(folder["broken"], Options);
        Assert.That(resumed.Model.Values, Is.EqualTo(whole.Model.Values));
        Assert.That(resumed.Points, Is.EqualTo(whole.Points));
    }

    [Test]
    public void Trainings_shorter_than_the_points_measure_each_step_once()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Run(folder.Path, Options with { Tokens = 32 }).Points.Select(point => point.Tokens), Is.EqualTo(new[] { 0, 16, 32 }));
    }

    private RegularizedResult Run(string folder, RecoveryOptions? options, IProgress<RecoveryProgress>? progress = null, CancellationToken stop = default) =>
        new RegularizedTraining(dense, Plan, Kept, text, options, Judge, new RegularizationFolder(folder, "a test"), threads: 1).Run(progress, stop);

    // Factors are rounded once a step.
    private static void Require(double found, double expected, string what) => Assert.That(found, Is.EqualTo(expected).Within(1e-5 * Math.Abs(expected)), what);

    // On the text that is trained on: a random text has nothing else to teach.
    private Quality Judge(IDecoderModel model)
    {
        var result = ModelEvaluation.Run(model, new PlainBlockRunner(dense.Config), text, dense);
        return new Quality(result.Kl!.Value, result.Perplexity);
    }

    private sealed class StopAt(long tokens, CancellationTokenSource stop) : IProgress<RecoveryProgress>
    {
        public void Report(RecoveryProgress value)
        {
            if (value.Tokens >= tokens)
                stop.Cancel();
        }
    }
}
