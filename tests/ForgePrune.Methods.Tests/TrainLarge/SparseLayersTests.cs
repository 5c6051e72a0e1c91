using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.Tests.TrainLarge;

/// <summary>SparseGPT through whole models, over the plain runner.</summary>
public sealed class SparseLayersTests
{
    private static readonly SparsityPattern Half = SparsityPattern.Unstructured(0.5), TwoOfFour = SparsityPattern.NofM(2, 4);

    // Unequal layers, blocks missing, biases: what pruning leaves.
    private static readonly ModelConfig Config = SyntheticModels.Config() with
    {
        QkvBias = true,
        DownBias = true,
        Layers = [new(2, 4, 48), new(0, 0, 20), new(1, 2, 0), new(0, 0, 0), new(2, 2, 40)],
    };

    [Test]
    public void Two_of_four_holds_in_every_projection_and_nothing_else_changes()
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        using var runner = new PlainBlockRunner(Config);
        using var sparse = Sparse(model, runner, Windows(4), TwoOfFour);
        foreach (var ((spec, before), (_, after)) in ModelTensors.Read(model).Zip(ModelTensors.Read(sparse)))
        {
            if (spec.IsVector || spec.Layer < 0)
                Assert.That(after, Is.EqualTo(before), $"{spec.Role}");
            else
                Assert.That(after.Chunk(4).Select(group => group.Count(value => value == 0)), Is.All.EqualTo(2), $"layer {spec.Layer} {spec.Role}");
        }
    }

    [Test]
    public void Every_projection_is_fed_what_reaches_it_in_the_sparse_model()
    {
        using var model = SyntheticModels.Random(Config, seed: 2);
        using var runner = new PlainBlockRunner(Config);
        var windows = Windows(4);
        using var sparse = Sparse(model, runner, windows, Half);
        var x = DecoderForward.Embed(model, windows);
        for (var index = 0; index < Config.Layers.Count; index++)
        {
            var (full, made) = (model.ReadLayer(index), sparse.ReadLayer(index));
            if (made.Attention is { } attention)
            {
                RequireSame(attention.Value, full.Attention!.Value, NormedStream.Of(x, full.AttentionNorm, Config.RmsNormEps, threads: 1));
                RequireSame(attention.Output, full.Attention!.Output, runner.Attention(attention, full.AttentionNorm, x, captureInputs: true).Inputs!);
                x = runner.Attention(attention, full.AttentionNorm, x).Output;
            }
            if (made.Mlp is { } mlp)
            {
                RequireSame(mlp.Up, full.Mlp!.Up, NormedStream.Of(x, full.MlpNorm, Config.RmsNormEps, threads: 1));
                RequireSame(mlp.Down, full.Mlp!.Down, runner.Mlp(mlp, full.MlpNorm, x, captureInputs: true).Inputs!);
                x = runner.Mlp(mlp, full.MlpNorm, x).Output;
            }
        }
    }

    [Test]
    public void The_sparse_model_stays_closer_to_the_model_than_by_magnitude()
    {
        var config = SyntheticModels.Config(layers: 2);
        // Text of few tokens: inputs are correlated, as those of trained models are, and there is more text than columns.
        var windows = Windows(26, tokens: 12);
        double second = 0, magnitude = 0;
        for (var seed = 0; seed < 3; seed++)
        {
            using var model = SyntheticModels.Random(config, seed);
            using var runner = new PlainBlockRunner(config);
            using var sparse = Sparse(model, runner, windows.Slice(0, 24), Half);
            using var small = LayerwiseModel.Of(model, (index, _) => LayerTensors
                .Build(config, index, spec => Magnitude(spec, LayerTensors.Values(model.ReadLayer(index), spec)!)));
            second += ModelEvaluation.Run(sparse, runner, windows.Slice(24, 2), model).Kl!.Value;
            magnitude += ModelEvaluation.Run(small, runner, windows.Slice(24, 2), model).Kl!.Value;
        }
        TestContext.Out.WriteLine($"KL to the model on other text: SparseGPT {second / 3:0.0000}, magnitude {magnitude / 3:0.0000}");
        Assert.That(second, Is.LessThan(magnitude));
    }

    [Test]
    public void Weights_of_inputs_that_are_always_zero_go_first()
    {
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1), seed: 3);
        // A gate of zeros silences its channel.
        foreach (var channel in new[] { 3, 17 })
            model.ReadLayer(0).Mlp!.Gate.Row(channel).Clear();
        using var runner = new PlainBlockRunner(model.Config);
        using var sparse = Sparse(model, runner, Windows(6), SparsityPattern.Unstructured(0.1));
        var down = sparse.ReadLayer(0).Mlp!.Down;
        foreach (var channel in new[] { 3, 17 })
            Assert.That(Enumerable.Range(0, down.Rows).Select(row => down.Row(row)[channel]), Is.All.Zero);
    }

    [Test]
    public void Widths_that_are_no_whole_groups_are_refused_in_a_sentence()
    {
        var config = Config with { Layers = [new(2, 4, 50)] };
        using var model = SyntheticModels.Random(config, seed: 1);
        using var runner = new PlainBlockRunner(config);
        Assert.That(() => new SparseLayers(model, runner, Windows(2), TwoOfFour), Throws.TypeOf<BadInputException>().With.Message.Contains("50 inputs"));
    }

    private static IDecoderModel Sparse(IDecoderModel model, IBlockRunner runner, TokenWindows windows, SparsityPattern pattern) =>
        LayerwiseModel.Of(model, new SparseLayers(model, runner, windows, pattern).Sparsify);

    private static void RequireSame(Matrix actual, Matrix weights, Activations inputs)
    {
        var gram = new GramStatistics(weights.Cols);
        gram.Add(inputs, threads: 1);
        var factor = InverseFactor.Of(Hessian.From(gram, Damping.Default, affine: false, threads: 1).Values, weights.Cols, threads: 1);
        Assert.That(actual.Values, Is.EqualTo(SparseGpt.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, Half, factor, threads: 1)));
    }

    private static float[] Magnitude(TensorSpec spec, float[] values)
    {
        if (spec.IsVector)
            return values;
        var limit = values.Select(Math.Abs).Order().ElementAt(values.Length / 2);
        return [.. values.Select(value => Math.Abs(value) < limit ? 0 : value)];
    }

    private static TokenWindows Windows(int count, int tokens = 64)
    {
        var random = new Random(5);
        return new TokenWindows(16, [.. Enumerable.Range(0, count * 16).Select(_ => random.Next(tokens))]);
    }
}
