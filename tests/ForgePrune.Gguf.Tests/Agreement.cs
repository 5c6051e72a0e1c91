using ForgePrune.Generation;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Gguf.Tests;

/// <summary>A file in llama.cpp against the float64 reference of the model that it was written from.</summary>
internal static class Agreement
{
    /// <summary>Largest difference of logits as a share of the largest: float32 sums of some hundred terms err by about 1e-6, and rotary angles that
    /// llama.cpp computes in float32 by as much. 2.2e-6 was measured on a model of 16 million parameters.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>The same where gates are GELU. llama.cpp looks it up in a table from float16 to float16, which the reference does too; an input that
    /// float32 rounding moves across the border of two entries changes by a thousandth of itself, and a few of thousands are moved.</summary>
    private const double TableTolerance = 1e-4;

    private const int Length = 24, Steps = 32, Prompt = 5;

    /// <summary>Writes a model and requires equal logits and 32 equal greedy ids.</summary>
    public static GgufFacts Require(IDecoderModel model, double? tolerance = null)
    {
        using var folder = new TemporaryFolder();
        var facts = GgufExporter.Write(model, folder["gguf"], tokenizer: null);
        Require(model, folder["gguf"], tolerance ?? (model.Config.Activation == GateActivation.Silu ? Tolerance : TableTolerance));
        return facts;
    }

    /// <summary>The same for a file that is there.</summary>
    public static void Require(IDecoderModel model, string folder, double tolerance = Tolerance) =>
        Require(model, folder, tolerance, ids => ReferenceModel.Logits(model, ids, halves: true), prompt => Greedy(model, prompt));

    /// <summary>The same for a model too large for the reference, against ONNX Runtime.</summary>
    /// <param name="onnx">A place for its export.</param>
    public static void RequireOnnx(IDecoderModel model, string folder, string onnx)
    {
        Directory.CreateDirectory(onnx);
        OnnxServing.Cpu.Export(model, onnx, tokenizer: null);
        using var decoder = OnnxServing.Cpu.Open(onnx, threads: 2);
        Require(model, folder, Tolerance, ids => decoder.Logits(ids), prompt => [.. decoder.Continue(prompt, Steps, TokenSampler.Greedy())]);
    }

    private static void Require(IDecoderModel model, string folder, double tolerance, Func<int[], float[]> logits, Func<int[], int[]> greedy)
    {
        using var file = LlamaCpp.Open(folder);
        var ids = Ids(Length, model.Config.VocabSize);
        var difference = Difference(file.Logits(ids), logits(ids));
        TestContext.Out.WriteLine($"largest difference of logits {difference:0.0e+0} of the largest logit");
        Assert.That(difference, Is.LessThan(tolerance));
        var prompt = ids[..Prompt];
        Assert.That(file.Greedy(prompt, Steps), Is.EqualTo(greedy(prompt)));
    }

    public static int[] Ids(int count, int vocab)
    {
        var random = new Random(42);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocab))];
    }

    public static double Difference(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        double scale = expected.Max(MathF.Abs);
        return actual.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max() / scale;
    }

    private static int[] Greedy(IDecoderModel model, int[] prompt)
    {
        var (ids, vocab) = (new List<int>(prompt), model.Config.VocabSize);
        for (var i = 0; i < Steps; i++)
        {
            var last = ReferenceModel.Logits(model, [.. ids], halves: true)[^vocab..];
            ids.Add(Array.IndexOf(last, last.Max()));
        }

        return [.. ids.Skip(prompt.Length)];
    }
}
