using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Quantization;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Quantization;

/// <summary>Error feedback through whole models, over the plain runner.</summary>
public sealed class GptqLayersTests
{
    private static readonly QuantizationFormat Format = new(4, 16, symmetric: true);

    // Unequal layers, blocks missing, biases: what pruning leaves.
    private static readonly ModelConfig Config = SyntheticModels.Config() with
    {
        QkvBias = true,
        DownBias = true,
        Layers = [new(2, 4, 48), new(0, 0, 17), new(1, 2, 0), new(0, 0, 0), new(2, 2, 40)],
    };

    [Test]
    public void Every_projection_is_fed_what_reaches_it_in_the_quantised_model()
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        var windows = Windows(Config, 4);
        using var runner = new PlainBlockRunner(Config);
        var layers = Quantise(model, runner, windows);

        // Once more by hand, in float64, from the inputs of the finished quantised model: only what lies before a projection may count.
        var x = DecoderForward.Embed(model, windows);
        for (var index = 0; index < layers.Length; index++)
        {
            var full = model.ReadLayer(index);
            if (layers[index].Attention is { } attention)
            {
                var (block, norm) = (attention.Of(full.Attention!), NormedStream.Of(x, full.AttentionNorm, Config.RmsNormEps, threads: 1));
                RequireSame(attention.Query, full.Attention!.Query, norm);
                RequireSame(attention.Key, full.Attention!.Key, norm);
                RequireSame(attention.Value, full.Attention!.Value, norm);
                RequireSame(attention.Output, full.Attention!.Output, runner.Attention(block, full.AttentionNorm, x, captureInputs: true).Inputs!);
                x = runner.Attention(block, full.AttentionNorm, x).Output;
            }
            if (layers[index].Mlp is { } mlp)
            {
                var (block, norm) = (mlp.Of(full.Mlp!), NormedStream.Of(x, full.MlpNorm, Config.RmsNormEps, threads: 1));
                RequireSame(mlp.Gate, full.Mlp!.Gate, norm);
                RequireSame(mlp.Up, full.Mlp!.Up, norm);
                RequireSame(mlp.Down, full.Mlp!.Down, runner.Mlp(block, full.MlpNorm, x, captureInputs: true).Inputs!);
                x = runner.Mlp(block, full.MlpNorm, x).Output;
            }
        }
    }

    [Test]
    public void The_quantised_model_stays_closer_to_the_model_than_by_rounding()
    {
        var config = SyntheticModels.Config(layers: 2);
        double fed = 0, rounded = 0;
        for (var seed = 0; seed < 4; seed++)
        {
            using var model = SyntheticModels.Random(config, seed);
            using var runner = new PlainBlockRunner(config);
            var windows = Windows(config, 12);
            var rounding = new RoundedLayers(Format, threads: 1);
            fed += Divergence(model, Quantise(model, runner, windows.Slice(0, 10)), runner, windows.Slice(10, 2));
            rounded += Divergence(model, [.. config.Layers.Select((_, index) => rounding.Quantize(index, model.ReadLayer(index)))], runner,
                windows.Slice(10, 2));
        }
        TestContext.Out.WriteLine($"KL to the model on other text: GPTQ {fed / 4:0.0000}, rounding {rounded / 4:0.0000}");
        Assert.That(fed, Is.LessThan(rounded));
    }

    [Test]
    public void Layers_come_in_order()
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        using var runner = new PlainBlockRunner(Config);
        var layers = new GptqLayers(model, runner, Windows(Config, 2), Format);
        Assert.That(() => layers.Quantize(1, model.ReadLayer(1)), Throws.InvalidOperationException);
    }

    [Test]
    public void A_model_that_computes_no_numbers_is_refused()
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        model.ReadLayer(0).AttentionNorm[3] = float.PositiveInfinity;
        using var runner = new PlainBlockRunner(Config);
        Assert.That(() => Quantise(model, runner, Windows(Config, 2)), Throws.TypeOf<BadInputException>().With.Message.Contains("layer 0 q/k/v_proj"));
    }

    private static QuantizedLayer[] Quantise(IDecoderModel model, IBlockRunner runner, TokenWindows windows)
    {
        var layers = new GptqLayers(model, runner, windows, Format);
        return [.. model.Config.Layers.Select((_, index) => layers.Quantize(index, model.ReadLayer(index)))];
    }

    private static void RequireSame(QuantizedMatrix actual, Matrix weights, Activations inputs)
    {
        var gram = new GramStatistics(weights.Cols);
        gram.Add(inputs, threads: 1);
        var factor = InverseFactor.Of(Hessian.From(gram, Damping.Default, affine: false, threads: 1).Values, weights.Cols, threads: 1);
        Assert.That(actual.Codes, Is.EqualTo(Gptq.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, Format, factor, threads: 1).Codes));
    }

    private static double Divergence(IDecoderModel model, QuantizedLayer[] layers, IBlockRunner runner, TokenWindows windows)
    {
        using var quantised = new InMemoryModel(model.Config, index => layers[index].Of(model.ReadLayer(index)), model.ReadEmbedding(), model.ReadFinalNorm(),
            null);
        return ModelEvaluation.Run(quantised, runner, windows, model).Kl!.Value;
    }

    private static TokenWindows Windows(ModelConfig config, int count)
    {
        var random = new Random(5);
        return new TokenWindows(16, [.. Enumerable.Range(0, count * 16).Select(_ => random.Next(config.VocabSize))]);
    }
}
