using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

/// <summary>Training of part of the weights: gradients against differences in float64 of the merged model, and the merged model itself.</summary>
public sealed class RecoveryScopeTests
{
    private const int Windows = 2, Seed = 7, SamplesPerParameter = 5;

    private const double Step = 1e-5;

    // As for the gradients of all weights: some hundred half epsilons, of gradients near one.
    private const double Tolerance = 5e-5;

    private static readonly RecoveryScope[] Scopes = [RecoveryScope.Lora(3), RecoveryScope.Scales];

    private static readonly RecoveryOptions Options = new()
    {
        Tokens = 400,
        TokensPerStep = 20,
        TokensAtOnce = 10,
        Rate = 1e-2,
        WeightDecay = 0.01,
        Schedule = new(ScheduleShape.Wsd, 0.1),
    };

    [TestCase("all")]
    [TestCase("scales")]
    [TestCase("lora:1")]
    [TestCase("lora:1024")]
    public void Scopes_are_read_as_they_are_written(string text) => Assert.That(RecoveryScope.Parse(text).ToString(), Is.EqualTo(text));

    [TestCase("")]
    [TestCase("lora")]
    [TestCase("lora:0")]
    [TestCase("lora:-1")]
    [TestCase("lora:1025")]
    [TestCase("lora: 4")]
    [TestCase("ALL")]
    public void Anything_else_is_one_sentence(string text) =>
        Assert.That(() => RecoveryScope.Parse(text), Throws.TypeOf<BadInputException>().With.Message.Contains("lora:RANK"));

    [Test]
    public void Every_scope_trains_what_it_says()
    {
        using var model = SyntheticDecoders.Model("mistral, all biases", Seed);
        using var normed = SyntheticDecoders.Model("qwen3, norms of queries and keys", Seed);
        // Hidden 6, heads of 4; layers of (1 group, 2 heads, 5 channels), nothing, (1, 1, 4).
        Assert.That(new ParameterLayout(model.Config, RecoveryScope.Scales).Count, Is.EqualTo(
            (8 + 4 + 4 + 6 + (5 + 5) + 6 + (2 * 6) + 8 + 5) + (4 + 4 + 4 + 6 + (4 + 4) + 6 + (2 * 6) + 4 + 4) + 6));
        Assert.That(new ParameterLayout(model.Config, RecoveryScope.Lora(2)).Count, Is.EqualTo(
            (2 * ((6 + 8) + (6 + 4) + (6 + 4) + (8 + 6) + (3 * (6 + 5)))) + (2 * ((4 * (6 + 4)) + (3 * (6 + 4)))) + (5 * 6)));
        Assert.That(new ParameterLayout(normed.Config, RecoveryScope.Lora(2)).Tensors.Select(tensor => tensor.Role).Distinct(), Is.EquivalentTo(
            new[] { TensorRole.AttentionNorm, TensorRole.QueryNorm, TensorRole.KeyNorm, TensorRole.MlpNorm, TensorRole.FinalNorm }));
        Assert.That(new ParameterLayout(model.Config, RecoveryScope.All).Count, Is.EqualTo(ModelSize.Of(model.Config).Total));
    }

    [Test]
    public void At_first_the_model_is_the_frozen_one([ValueSource(nameof(Scopes))] RecoveryScope scope)
    {
        foreach (var name in SyntheticDecoders.Names)
        {
            using var model = SyntheticDecoders.Model(name, Seed);
            using var merged = new ScopedWeights(model, scope, Seed).ToModel();
            Assert.That(merged.ContentHash, Is.EqualTo(model.ContentHash), name);
        }
    }

    [Test]
    public void Loss_and_gradients_equal_float64_and_its_differences(
        [ValueSource(typeof(SyntheticDecoders), nameof(SyntheticDecoders.Names))] string name, [ValueSource(nameof(Scopes))] RecoveryScope scope)
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var model = SyntheticDecoders.Model(name, Seed);
        using var other = SyntheticDecoders.Model("llama, tied", Seed + 1);
        var weights = Moved(model, scope);
        var ids = SyntheticDecoders.Ids(Windows, Seed);
        var gradients = new float[weights.Layout.Count];
        var total = new RecoveryObjective(weights.Layout, new FrozenWeights(other), Windows, SyntheticDecoders.Window, threads: 2)
            .Add(weights, gradients, ids, 0.5f);

        var (dense, teacher) = (new DecoderParameters(model), new DecoderParameters(other));
        var plain = new PlainDecoder(dense.Layout, SyntheticDecoders.Window);
        var truth = new PlainDecoder(teacher.Layout, SyntheticDecoders.Window).Logits(Wide(teacher.Values), ids);
        var point = Wide(weights.Values);
        double Loss() => plain.Loss(Merged(dense, weights.Layout, point), ids, truth);
        Assert.That(total, Is.EqualTo(Loss()).Within(Tolerance * (1 + Math.Abs(total))));
        var random = new Random(Seed);
        var start = 0;
        foreach (var parameter in weights.Layout.Parameters)
        {
            var length = (int)parameter.Elements;
            foreach (var i in Enumerable.Range(0, Math.Min(length, SamplesPerParameter)).Select(_ => start + random.Next(length)))
            {
                var value = point[i];
                point[i] = value + Step;
                var above = Loss();
                point[i] = value - Step;
                var below = Loss();
                point[i] = value;
                var expected = 0.5 * (above - below) / (2 * Step);
                Assert.That(gradients[i], Is.EqualTo(expected).Within(Tolerance * (1 + Math.Abs(expected))),
                    $"{parameter.Part} of {parameter.Tensor.Role} of layer {parameter.Tensor.Layer}, value {i - start}");
            }

            start += length;
        }
    }

    [Test]
    public void The_merged_model_gives_the_same_logits([ValueSource(nameof(Scopes))] RecoveryScope scope)
    {
        foreach (var name in SyntheticDecoders.Names)
        {
            using var model = SyntheticDecoders.Model(name, Seed);
            var weights = Moved(model, scope);
            using var merged = weights.ToModel();
            Assert.That(merged.ContentHash, Is.Not.EqualTo(model.ContentHash));
            var ids = SyntheticDecoders.Ids(Windows, Seed);
            float[] Logits(IPassWeights of, ParameterLayout layout)
            {
                var states = new DecoderPass(layout, Windows, SyntheticDecoders.Window, backward: false, threads: 1).Forward(of, ids);
                var logits = new float[ids.Length * SyntheticDecoders.Vocab];
                Product.Multiply(Transpose.No, Transpose.Yes, ids.Length, SyntheticDecoders.Vocab, model.Config.HiddenSize, 1, states, model.Config.HiddenSize,
                    of.Head(), model.Config.HiddenSize, 0, logits, SyntheticDecoders.Vocab, threads: 1);
                return logits;
            }

            var whole = new DecoderParameters(merged);
            var (found, expected) = (Logits(weights, weights.Layout), Logits(whole, whole.Layout));
            // Every layer rounds sums of a few dozen terms once in either order.
            var tolerance = 200 * 1.2e-7 * expected.Max(Math.Abs);
            Assert.That(found.Zip(expected, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(tolerance), name);
        }
    }

    [Test]
    public void Neither_blocks_that_run_again_nor_layers_that_are_read_again_nor_threads_change_a_bit([ValueSource(nameof(Scopes))] RecoveryScope scope)
    {
        foreach (var name in SyntheticDecoders.Names)
        {
            using var model = SyntheticDecoders.Model(name, Seed);
            var weights = Moved(model, scope);
            var ids = SyntheticDecoders.Ids(Windows, Seed);
            float[] Gradients(long mostKept, int threads)
            {
                var pass = new DecoderPass(weights.Layout, Windows, SyntheticDecoders.Window, backward: true, threads, mostKept);
                var gradients = new float[weights.Layout.Count];
                var states = pass.Forward(weights, ids).ToArray();
                pass.Backward(weights, new PassGradients(weights.Layout, gradients), ids, states);
                return gradients;
            }

            var expected = Gradients(long.MaxValue, 1);
            Assert.That(expected.Count(value => value != 0), Is.GreaterThan(expected.Length / 2));
            Assert.That(Gradients(0, 3), Is.EqualTo(expected), name);
            FrozenWeights streamed = new(model, memory: 0), kept = new(model);
            for (var layer = model.Config.Layers.Count - 1; layer >= 0; layer--)
                foreach (var tensor in TensorLayout.Layer(model.Config, layer))
                {
                    Assert.That(streamed.Of(tensor.Role, layer, ParameterPart.Whole).ToArray(),
                        Is.EqualTo(kept.Of(tensor.Role, layer, ParameterPart.Whole).ToArray()));
                }
        }
    }

    [Test]
    public void Loss_falls([ValueSource(nameof(Scopes))] RecoveryScope scope, [Values] RecoveryLoss loss)
    {
        var trainer = Trainer(Options with { Scope = scope, Loss = loss, Tokens = 3000 });
        while (trainer.Done < trainer.Steps)
            trainer.Next();
        Assert.That(trainer.Losses[^1], Is.LessThan((scope == RecoveryScope.Scales ? 0.9 : 0.6) * trainer.Losses[0]));
    }

    [Test]
    public void A_training_that_is_stopped_and_goes_on_ends_with_the_same_bytes_and_its_state_holds_the_scope_alone(
        [ValueSource(nameof(Scopes))] RecoveryScope scope)
    {
        using var folder = new TemporaryFolder();
        var options = Options with { Scope = scope };
        var whole = Trainer(options);
        RecoveryRun.Finish(whole, folder["whole/state"], RecoveryRun.Usual);
        RecoveryRun.Finish(Trainer(options), folder["broken/state"], RecoveryRun.Usual, until: 7);
        var resumed = Trainer(options);
        resumed.Resume(folder["broken/state"]);
        Assert.That(resumed.Done, Is.EqualTo(7));
        RecoveryRun.Finish(resumed, folder["broken/state"], RecoveryRun.Usual);
        Assert.That(resumed.Model.ContentHash, Is.EqualTo(whole.Model.ContentHash));
        Assert.That(File.ReadAllBytes(folder["broken/state"]), Is.EqualTo(File.ReadAllBytes(folder["whole/state"])));
        var (count, all) = (new ParameterLayout(whole.Model.Config, scope).Count, new ParameterLayout(whole.Model.Config).Count);
        var everything = Trainer(options with { Scope = RecoveryScope.All });
        RecoveryRun.Finish(everything, folder["all/state"], RecoveryRun.Usual);
        Assert.That(new FileInfo(folder["all/state"]).Length - new FileInfo(folder["whole/state"]).Length, Is.EqualTo(3L * sizeof(float) * (all - count)));
        Assert.That(() => Trainer(options with { Scope = RecoveryScope.Lora(4) }).Resume(folder["whole/state"]),
            Throws.InstanceOf<ForgePruneException>().With.Message.Contains(folder["whole/state"]));
    }

    private static RecoveryTrainer Trainer(RecoveryOptions options) => new(
        SyntheticDecoders.Model("qwen3, norms of queries and keys", 3), SyntheticDecoders.Model("llama, tied", 4),
        new TokenWindows(SyntheticDecoders.Window, SyntheticDecoders.Ids(7, 1)), options, threads: 2);

    /// <summary>Parameters away from where they begin, where some gradients vanish.</summary>
    private static ScopedWeights Moved(IDecoderModel model, RecoveryScope scope)
    {
        var weights = new ScopedWeights(model, scope, Seed);
        var random = new Random(Seed);
        foreach (ref var value in weights.Values.AsSpan())
            value += (float)((random.NextDouble() - 0.5) * 0.4);
        return weights;
    }

    /// <summary>The whole model in float64: W + B·A, W·diag(s), or the trained tensor.</summary>
    private static double[] Merged(DecoderParameters dense, ParameterLayout layout, double[] trained)
    {
        var (result, start, from) = (Wide(dense.Values), new Dictionary<(TensorRole, int), int>(), 0);
        foreach (var tensor in dense.Layout.Tensors)
        {
            start.Add((tensor.Role, tensor.Layer), from);
            from += (int)tensor.Elements;
        }

        for (int index = 0, at = 0; index < layout.Parameters.Count; at += (int)layout.Parameters[index++].Elements)
        {
            var parameter = layout.Parameters[index];
            var (tensor, to) = (parameter.Tensor, start[(parameter.Tensor.Role, parameter.Tensor.Layer)]);
            if (parameter.Part == ParameterPart.Whole)
                Array.Copy(trained, at, result, to, tensor.Elements);
            for (var i = 0; parameter.Part is ParameterPart.InputScale && i < tensor.Elements; i++)
                result[to + i] *= trained[at + (i % tensor.Cols)];
            // B follows A.
            for (var i = 0; parameter.Part is ParameterPart.LowRankIn && i < tensor.Elements; i++)
            {
                for (var k = 0; k < parameter.Rows; k++)
                {
                    var b = trained[at + parameter.Elements + ((i / tensor.Cols) * parameter.Rows) + k];
                    result[to + i] += b * trained[at + (k * tensor.Cols) + (i % tensor.Cols)];
                }
            }
        }

        return result;
    }

    private static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
