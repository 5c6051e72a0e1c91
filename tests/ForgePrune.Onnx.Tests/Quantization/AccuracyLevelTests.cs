using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods.Comparison;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Quantization;

/// <summary>The proof compares a file's fast products (accuracy level 4) with exact ones (0) of the same codes.</summary>
public sealed class AccuracyLevelTests
{
    private static readonly QuantizationSettings Int4 = new(4, QuantizationMethod.Rtn, 32);

    [Test]
    public void An_export_opened_exactly_computes_as_one_written_exactly()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 41);
        Write(model, folder["fast"], Int4, AccuracyLevel.Fast);
        Write(model, folder["exact"], Int4, AccuracyLevel.Exact);
        var ids = OnnxExporterTests.Ids(24, model.Config.VocabSize);
        using OnnxDecoder fast = OnnxDecoder.Open(folder["fast"], 1), opened = OnnxDecoder.OpenExact(folder["fast"], 1),
            written = OnnxDecoder.Open(folder["exact"], 1);
        Assert.That(opened.Logits(ids), Is.EqualTo(written.Logits(ids)));
        Assert.That(opened.Logits(ids), Is.Not.EqualTo(fast.Logits(ids)));
    }

    [Test]
    public void A_float32_export_has_no_products_to_make_exact()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 42);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        Assert.That(() => OnnxDecoder.OpenExact(folder["onnx"], 1), Throws.InvalidOperationException);
    }

    /// <summary>One value of a block a thousand times the others: eight bits make zeros of these, as a runtime without code for a block does of all.</summary>
    [Test]
    public void Products_that_lose_what_the_codes_say_fail_the_proof()
    {
        using var folder = new TemporaryFolder();
        using var sound = SyntheticModels.Random(ExportCases.Plain with { TiedEmbeddings = false }, seed: 43);
        float[] norm = [.. sound.ReadFinalNorm()];
        var head = new Matrix(sound.ReadHead().Rows, sound.ReadHead().Cols, [.. sound.ReadHead().Values]);
        norm[0] = 1e5f;
        for (var row = 0; row < head.Rows; row++)
            head.Values[row * head.Cols] = 0;
        using var spoilt = new InMemoryModel(sound.Config, sound.ReadLayer, sound.ReadEmbedding(), norm, head);
        Assert.That(() => Judge(folder, spoilt, Int4, Windows(sound.Config.VocabSize)),
            Throws.TypeOf<ProofFailedException>().With.Message.Contains("accuracy level 4"));
        using var again = new TemporaryFolder();
        Assert.That(Judge(again, sound, Int4, Windows(sound.Config.VocabSize)).Exact.Rounding, Is.LessThan(0.01));
    }

    [TestCase("stories15M-hf-f16", 4, 32)]
    [TestCase("stories15M-hf-f16", 8, 256)]
    [TestCase("minimind2-small-hf-f16", 4, 256)]
    [TestCase("minimind2-small-hf-f16", 8, 32)]
    [Category("Slow")]
    public void Rounding_activations_costs_real_models_little(string name, int bits, int block)
    {
        using var folder = new TemporaryFolder();
        using var model = DecoderModel.Open(Shared.File($"models/{name}"));
        var tokenizer = ModelTokenizer.Of(model)!;
        var ids = tokenizer.Encode(File.ReadAllText(Shared.File("text/tinystories.valid-head.txt"))[..4000]).ToArray();
        var windows = new TokenWindows(128, [.. ids.Take(512)]);
        var judged = Judge(folder, model, new(bits, QuantizationMethod.Rtn, block), windows);
        TestContext.Out.WriteLine(
            $"perplexity {judged.File.Perplexity:0.000}, exact {judged.Exact.Perplexity:0.000}, rounding {judged.Exact.Rounding:0.0e+0} nats per token");
        Assert.That(judged.Exact.Rounding, Is.GreaterThan(0).And.LessThan(QuantizedProof.MostRounding / 5));
    }

    private static TokenWindows Windows(int vocab) => new(16, OnnxExporterTests.Ids(64, vocab));

    private static ((double Perplexity, double Kl) File, (double Perplexity, double Rounding) Exact) Judge(
        TemporaryFolder folder, IDecoderModel model, QuantizationSettings settings, TokenWindows windows)
    {
        OnnxExporter.Write(model, folder["dense"], tokenizer: null);
        Write(model, folder["quantised"], settings, AccuracyLevel.Fast);
        return QuantizedProof.Judge(OnnxServing.Cpu, folder["dense"], folder["quantised"], 1, windows, new Progress<double>());
    }

    private static void Write(IDecoderModel model, string folder, QuantizationSettings settings, long level) => OnnxExporter.Write(
        model, folder, tokenizer: null, quantization: new ModelQuantization(new RoundedLayers(settings.Format, threads: 1), settings.HeadFormat, Threads: 1,
            RoundsActivations: level == AccuracyLevel.Fast));
}
