using System.Numerics.Tensors;
using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>The forward pass that is trained through, beside ONNX Runtime's.</summary>
public sealed class TrainingForwardTests
{
    // Float32 sums in another order differ by about 1e-6 of the scale per block.
    private const double Tolerance = 2e-5;

    [Test]
    public void Uneven_layers_of_every_family_give_the_logits_of_onnx_runtime()
    {
        LayerShape[] layers = [new(2, 6, 40), new(1, 2, 0), new(0, 0, 24), new(3, 3, 17)];
        var llama = SyntheticModels.Config(1, hidden: 48, headDim: 16) with { Layers = layers };
        foreach (var config in (ModelConfig[])
        [
            llama, llama with { TiedEmbeddings = false, RopeScaling = new Llama3Scaling(8, 1, 4, 32) },
            llama with { Family = "qwen2", QkvBias = true }, llama with { Family = "qwen3", QkNorm = true },
            llama with { Family = "mistral", OutputBias = true, DownBias = true, GateUpBias = true },
            .. SyntheticFamilies.Of(llama).Values,
        ])
        {
            using var model = SyntheticModels.Random(config, seed: 5);
            var random = new Random(6);
            RequireEqual(model, new TokenWindows(70, [.. Enumerable.Range(0, 3 * 70).Select(_ => random.Next(config.VocabSize))]), config.Family);
        }
    }

    [Test]
    [Category("Slow")]
    public void Stories_give_the_logits_of_onnx_runtime()
    {
        using var model = DecoderModel.Open(Shared.File("models/stories15M-hf-f16"));
        RequireEqual(model, ReferenceNumbers.Tokens("stories15M", "eval", model.Config.VocabSize).Slice(0, 1), "stories15M");
    }

    private static void RequireEqual(IDecoderModel model, TokenWindows windows, string what)
    {
        using var runner = new OrtBlockRunner(model.Config, threads: 1);
        int[] rows = [.. Enumerable.Range(0, windows.Count * windows.Length)];
        var expected = runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, windows), rows);

        var weights = new DecoderParameters(model);
        int[] ids = [.. Enumerable.Range(0, windows.Count).SelectMany(window => windows.Window(window).ToArray())];
        foreach (var backward in (bool[])[false, true])
        {
            var states = new DecoderPass(weights.Layout, windows.Count, windows.Length, backward, threads: 2).Forward(weights, ids);
            var (hidden, vocab) = (model.Config.HiddenSize, model.Config.VocabSize);
            var logits = new float[rows.Length * vocab];
            Product.Multiply(Transpose.No, Transpose.Yes, rows.Length, vocab, hidden, 1, states, hidden, weights.Layout.Head(weights.Values), hidden, 0, logits,
                vocab, threads: 1);
            if (model.Config.LogitCap is { } cap)
                logits = Array.ConvertAll(logits, logit => (float)(cap * Math.Tanh(logit / cap)));
            TensorPrimitives.Subtract(logits, expected, logits);
            var difference = Math.Abs(TensorPrimitives.MaxMagnitude<float>(logits)) / Math.Abs(TensorPrimitives.MaxMagnitude<float>(expected));
            TestContext.Out.WriteLine($"{what}: {difference:0.0e+0} of the largest logit");
            Assert.That(difference, Is.LessThan(Tolerance), what);
        }
    }
}
