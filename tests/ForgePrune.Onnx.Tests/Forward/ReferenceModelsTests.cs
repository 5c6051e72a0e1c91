using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Dense models against numbers measured elsewhere, on the same tokens.</summary>
[TestFixture("stories15M", "models/stories15M-hf-f16", 3.972)]
[TestFixture("minimind2-small", "models/minimind2-small-hf-f16", 24.264)]
public sealed class ReferenceModelsTests(string name, string checkpoint, double perplexity)
{
    /// <summary>The reference prints three decimals of a perplexity of 3.972: 1.3e-4. An error of the forward shows far above 0.1 %.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>Between two ways through the same weights. Float32's rounding changes logits by 1e-5 at most, and the mean of 4,096 tokens by less.</summary>
    private const double SameWeights = 1e-5;

    [Test]
    [Category("Slow")]
    public void Perplexity_through_the_blocks_equals_the_reference()
    {
        using var model = DecoderModel.Open(Shared.File(checkpoint));
        using var runner = new OrtBlockRunner(model.Config, threads: 1);
        var windows = ReferenceNumbers.Tokens(name, "eval", model.Config.VocabSize);
        var result = ModelEvaluation.Run(model, runner, windows);
        TestContext.Out.WriteLine($"perplexity {result.Perplexity:f4}");
        Assert.That(result.Perplexity, Is.EqualTo(perplexity).Within(perplexity * Tolerance));
        Assert.That(result.Kl, Is.Null);
        var few = windows.Slice(0, 2);
        Assert.That(ModelEvaluation.Run(model, runner, few, against: model).Kl, Is.EqualTo(0).Within(1e-5), "the sums' rounding");
    }

    [Test]
    [Category("Slow")]
    public void Perplexity_through_the_dense_export_equals_that_through_the_blocks()
    {
        using var folder = new TemporaryFolder();
        using var model = DecoderModel.Open(Shared.File(checkpoint));
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var runner = new OrtBlockRunner(model.Config, threads: 1);
        var windows = ReferenceNumbers.Tokens(name, "eval", model.Config.VocabSize).Slice(0, 16);
        var expected = ModelEvaluation.Run(model, runner, windows).Perplexity;
        var likelihood = 0.0;
        for (var window = 0; window < windows.Count; window++)
            likelihood += WindowScore.Of(windows.Window(window), decoder.Logits(windows.Window(window)), truth: null).NegativeLogLikelihood;
        Assert.That(Math.Exp(likelihood / windows.Count), Is.EqualTo(expected).Within(expected * SameWeights));
    }
}
