using System.Runtime.InteropServices;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Generation;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export.Written;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Tests.Export.Narrow;

/// <summary>Exports in float16. ONNX Runtime's CPU provider runs them, with casts around operators that it has in float32 only, so every value that one
/// operator hands to the next is rounded to float16, as on a GPU.</summary>
public sealed class Float16Tests
{
    /// <summary>Float16 rounds by 2^-11 of a value. A layer hands on about ten roundings, of random sign, and the made models have up to five: errors
    /// of sqrt(50) = 7 roundings, most of them of values smaller than the largest logit.</summary>
    private const double Tolerance = 8 * 4.9e-4;

    private static readonly OnnxExportOptions F16 = new() { Float = OnnxFloat.F16 };

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Float16_computes_the_logits_of_the_model(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, options: F16);
        var ids = OnnxExporterTests.Ids(24, config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        Assert.That(decoder.Signature.Caches.Select(cache => cache.Type), Is.All.EqualTo(TensorElementType.Float16));
        Assert.That(decoder.Signature.LogitsType, Is.EqualTo(TensorElementType.Float));
        var expected = ReferenceModel.Logits(model, ids);
        var difference = OnnxExporterTests.Difference(decoder.Logits(ids), expected);
        TestContext.Out.WriteLine($"difference {difference:0.0e+0} of the largest logit");
        Assert.That(difference, Is.LessThan(Tolerance));
        using var state = decoder.NewState(batch: 1, ids.Length);
        Assert.That(OnnxExporterTests.Difference([.. ids.SelectMany(id => state.Append([id]).ToArray())], expected), Is.LessThan(Tolerance));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void GenAI_continues_a_float16_export_with_the_same_greedy_tokens(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config with { EosTokenIds = [] }, seed: 3);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, options: F16);
        var prompt = OnnxExporterTests.Ids(5, config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        Assert.That(genAi.Greedy(prompt, 32), Is.EqualTo(decoder.Continue(prompt, 32, TokenSampler.Greedy()).ToArray()));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Every_weight_is_that_of_float32_rounded_once(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 4);
        OnnxExporter.Write(model, folder["wide"], tokenizer: null);
        OnnxExporter.Write(model, folder["narrow"], tokenizer: null, options: F16);
        Assert.That(OnnxRules.Breaches(OnnxFile.Read(folder["narrow/model.onnx"]), folder["narrow"]), Is.Empty);
        var wide = EditedModel.Read(folder["wide/model.onnx"]).Initializers(OnnxType.Float);
        var narrow = EditedModel.Read(folder["narrow/model.onnx"]);
        Assert.That(narrow.Initializers(OnnxType.Float), Is.Empty);
        Assert.That(narrow.Initializers(OnnxType.Float16).Keys, Is.EquivalentTo(wide.Keys));
        var (cos, sin) = wide.ContainsKey("rotary.cos") ? RotaryTable.Exact(config, config.MaxPositions) : ([], []);
        var (localCos, localSin) = wide.ContainsKey("local.rotary.cos")
            ? RotaryTable.Exact(config.TurningAs(new() { Local = true }), config.MaxPositions) : ([], []);
        foreach (var (name, bytes) in narrow.Initializers(OnnxType.Float16))
        {
            Half[] expected = name switch
            {
                "rotary.cos" => [.. cos.Select(value => (Half)value)],
                "rotary.sin" => [.. sin.Select(value => (Half)value)],
                "local.rotary.cos" => [.. localCos.Select(value => (Half)value)],
                "local.rotary.sin" => [.. localSin.Select(value => (Half)value)],
                _ => [.. MemoryMarshal.Cast<byte, float>(wide[name]).ToArray().Select(value => (Half)value)],
            };
            Assert.That(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), Is.EqualTo(expected), name);
        }
    }

    [TestCase(65504f, true)]
    [TestCase(-65504f, true)]
    [TestCase(65505f, false)]
    [TestCase(-1e30f, false)]
    public void A_weight_that_float16_cannot_hold_is_named_before_anything_is_written(float value, bool fits)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 5);
        model.ReadLayer(1).Mlp!.Down.Values[3] = value;
        void Write(string name, OnnxFloat type) => OnnxExporter.Write(model, folder[name], tokenizer: null, options: new() { Float = type });
        if (fits)
            Assert.That(() => Write("f16", OnnxFloat.F16), Throws.Nothing);
        else
        {
            Assert.That(() => Write("f16", OnnxFloat.F16),
                Throws.TypeOf<BadInputException>().With.Message.Contains("model.layers.1.mlp.down_proj.weight").And.Message.Contains("bf16"));
            Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
        }
        Assert.That(() => Write("bf16", OnnxFloat.BF16), Throws.Nothing);
    }

    [Test]
    [Category("Slow")]
    public void Float16_keeps_the_perplexity_of_a_real_model()
    {
        using var folder = new TemporaryFolder();
        using var model = DecoderModel.Open(Shared.File("models/stories15M-hf-f16"));
        OnnxExporter.Write(model, folder["wide"], model.Tokenizer);
        OnnxExporter.Write(model, folder["narrow"], model.Tokenizer, options: F16);
        folder.Write("text.txt", File.ReadAllText(Shared.File("text/tinystories.valid-head.txt"))[..6000]);
        using ServedModel wide = ServedModel.Open(OnnxServing.Cpu, folder["wide"], 2, readsText: true),
            narrow = ServedModel.Open(OnnxServing.Cpu, folder["narrow"], 2, readsText: true);
        var (expected, score) = (wide.Evaluate(folder["text.txt"]), narrow.Evaluate(folder["text.txt"], against: wide));
        TestContext.Out.WriteLine($"perplexity {expected.Perplexity:0.0000} in float32, {score.Perplexity:0.0000} in float16, "
            + $"KL {score.Kl:0.0e+0} nats per token, {expected.Tokens} tokens");
        Assert.That(score.Perplexity, Is.EqualTo(expected.Perplexity).Within(0.1).Percent);
    }
}
