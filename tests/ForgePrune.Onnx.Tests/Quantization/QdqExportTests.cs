using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Onnx.Tests.Export.Written;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Tests.Quantization;

/// <summary>Quantized exports in standard operators: the same codes, so the same logits but for how a runtime multiplies.</summary>
public sealed class QdqExportTests
{
    /// <summary>ONNX Runtime fuses what it can into MatMulNBits at accuracy level 4, which rounds activations to eight bits, block by block: half of 1/127 of
    /// the block's maximum each, errors of random sign. The rest is exact.</summary>
    private const double FastTolerance = 0.05;

    /// <summary>Against the same codes multiplied exactly, both in float32: sums of some hundred terms.</summary>
    private const double ExactTolerance = 1e-4;

    private static readonly OnnxExportOptions Qdq = new() { Codes = OnnxCodes.Qdq };
    private static readonly QuantizationFormat Int4 = new(4, 32, symmetric: true), Int8 = new(8, 32, symmetric: true);

    private static IEnumerable<QuantizationFormat> Formats =>
        from bits in new[] { 4, 8 }
        from block in new[] { 16, 32, 64, 128, 256 }
        from symmetric in new[] { true, false }
        select new QuantizationFormat(bits, block, symmetric);

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Every_shape_has_the_logits_of_MatMulNBits(ModelConfig config) => RequireSameLogits(config, Int4, Int8);

    [TestCaseSource(nameof(Formats))]
    public void Every_format_has_the_logits_of_MatMulNBits(QuantizationFormat format) =>
        // Rows of 72 and 100 are no whole blocks; 99 outputs end a row within a byte.
        RequireSameLogits(SyntheticModels.Config(layers: 1, hidden: 72, headDim: 24, kvHeads: 1, queryHeads: 3, ffn: 99) with { TiedEmbeddings = false },
            format, format);

    [Test]
    public void No_operator_of_codes_is_one_of_ONNX_Runtime_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 71);
        Write(model, folder["onnx"], Int4, Int8, Qdq);
        var written = OnnxFile.Read(folder["onnx/model.onnx"]);
        Assert.That(OnnxRules.Breaches(written, folder["onnx"]), Is.Empty);
        Assert.That(written.Nodes.Select(node => node.Op), Has.None.EqualTo("MatMulNBits").And.None.EqualTo("GatherBlockQuantized"));
        Assert.That(written.Nodes.Where(node => node.Op == "DequantizeLinear").Select(node => node.Domain), Is.Not.Empty.And.All.EqualTo(""));
        Assert.That(written.Tensors.Single(tensor => tensor.Name == "layers.0.mlp.gate").Type, Is.EqualTo((long)OnnxType.Int4));
        Assert.That(written.Tensors.Single(tensor => tensor.Name == "lm_head").Type, Is.EqualTo((long)OnnxType.Int8));
        Assert.That(written.Opsets[""], Is.EqualTo(21));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void GenAI_continues_with_the_same_greedy_tokens(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config with { EosTokenIds = [] }, seed: 72);
        Write(model, folder["onnx"], Int4, Int8, Qdq);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        int[] prompt = [3, 1, 4, 1, 5];
        // Where a config names no end, GenAI ends at the pad id.
        Assert.That(genAi.Greedy(prompt, 32), Is.EqualTo(decoder.Continue(prompt, 32, TokenSampler.Greedy()).TakeWhile(id => id != (config.PadTokenId ?? 0))));
    }

    [TestCase(OnnxCodes.MatMulNBits)]
    [TestCase(OnnxCodes.Qdq)]
    public void Codes_go_with_float16(OnnxCodes codes)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 73);
        Write(model, folder["wide"], Int4, Int8, new() { Codes = codes });
        Write(model, folder["narrow"], Int4, Int8, new() { Codes = codes, Float = OnnxFloat.F16 });
        var ids = OnnxExporterTests.Ids(24, model.Config.VocabSize);
        using OnnxDecoder wide = OnnxDecoder.Open(folder["wide"], 1), narrow = OnnxDecoder.Open(folder["narrow"], 1);
        Assert.That(OnnxExporterTests.Difference(narrow.Logits(ids), wide.Logits(ids)), Is.LessThan(FastTolerance));
    }

    [Test]
    public void An_embedding_of_four_bits_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 74);
        Assert.That(() => Write(model, folder["onnx"], Int4, Int4, Qdq), Throws.TypeOf<BadInputException>().With.Message.Contains("codes of 4 bits"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    private static void RequireSameLogits(ModelConfig config, QuantizationFormat format, QuantizationFormat head)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 70);
        Write(model, folder["nbits"], format, head, new());
        Write(model, folder["qdq"], format, head, Qdq);
        Assert.That(OnnxRules.Breaches(OnnxFile.Read(folder["qdq/model.onnx"]), folder["qdq"]), Is.Empty);
        var ids = OnnxExporterTests.Ids(24, config.VocabSize);
        using OnnxDecoder fast = OnnxDecoder.Open(folder["nbits"], 1), exact = OnnxDecoder.OpenExact(folder["nbits"], 1),
            qdq = OnnxDecoder.Open(folder["qdq"], 1);
        var expected = exact.Logits(ids);
        double difference = OnnxExporterTests.Difference(qdq.Logits(ids), expected), usual = OnnxExporterTests.Difference(fast.Logits(ids), expected);
        TestContext.Out.WriteLine($"off exact products by {difference:0.0e+0}, MatMulNBits at level 4 by {usual:0.0e+0}");
        // Norms behind blocks pass on more of what is rounded: no more than twice what the same rounding does to MatMulNBits.
        Assert.That(usual, Is.LessThan(2 * FastTolerance));
        Assert.That(difference, Is.LessThan(Math.Max(FastTolerance, 2 * usual)));
        Assert.That(OnnxExporterTests.Difference(Unfused(folder["qdq"], ids), expected), Is.LessThan(ExactTolerance));
    }

    /// <summary>The graph as it stands, as a runtime without the fusion computes it.</summary>
    private static float[] Unfused(string folder, int[] ids)
    {
        using var decoder = OnnxDecoder.Open(folder, 1, options => options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL);
        return decoder.Logits(ids);
    }

    private static void Write(IDecoderModel model, string folder, QuantizationFormat format, QuantizationFormat head, OnnxExportOptions options) =>
        OnnxExporter.Write(model, folder, tokenizer: null, quantization: new ModelQuantization(new RoundedLayers(format, threads: 1), head, Threads: 1),
            options: options);
}
