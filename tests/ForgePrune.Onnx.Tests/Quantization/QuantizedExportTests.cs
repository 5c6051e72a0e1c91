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
using ForgePrune.Testing.Reference;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Quantization;

public sealed class QuantizedExportTests
{
    // Level 0 is float32 throughout: sums of some hundred terms err by about 1e-6, and one wrong code of eight bits would move a logit by 1e-3.
    private const double ExactTolerance = 1e-4;

    // Level 4 rounds activations to eight bits, block by block: half of 1/127 of the block's maximum each, errors of random sign.
    private const double FastTolerance = 0.05;

    private static IEnumerable<QuantizationFormat> Formats =>
        from bits in new[] { 4, 8 }
        from block in new[] { 16, 32, 64, 128, 256 }
        from symmetric in new[] { true, false }
        select new QuantizationFormat(bits,
            block, symmetric);

    [TestCaseSource(nameof(Formats))]
    [Category("Slow")]
    public void Every_format_is_read_as_it_was_meant(QuantizationFormat format) => RequireSameLogits(Large(), format, format);

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Every_shape_computes_what_its_codes_stand_for(ModelConfig config) =>
        RequireSameLogits(config, new QuantizationFormat(4, 32, symmetric: true), new QuantizationFormat(8, 32, symmetric: true));

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void GenAI_continues_with_the_same_greedy_tokens(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config with { EosTokenIds = [] }, seed: 3);
        Write(model, folder["onnx"], new QuantizationFormat(4, 32, symmetric: true), new QuantizationFormat(8, 32, symmetric: true));
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        int[] prompt = [3, 1, 4, 1, 5];
        // Where a config names no end, GenAI ends at the pad id.
        Assert.That(genAi.Greedy(prompt, 32), Is.EqualTo(decoder.Continue(prompt, 32, TokenSampler.Greedy()).TakeWhile(id => id != (config.PadTokenId ?? 0))));
    }

    [Test]
    public void Every_product_says_its_bits_block_and_accuracy_level(
        [Values(4, 8)] int bits, [Values(16, 32, 64, 128, 256)] int block, [Values(AccuracyLevel.Exact, AccuracyLevel.Fast)] long level)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 7);
        Write(model, folder["onnx"], new QuantizationFormat(bits, block, symmetric: true), new QuantizationFormat(8, block, symmetric: true), level);
        var products = EditedModel.Read(folder["onnx/model.onnx"]).AttributesOf("MatMulNBits");
        // qkv, o, gate, up and down of two layers, and the head, which has 8 bits whatever the others.
        Assert.That(products.Select(product => product["bits"]), Is.EqualTo(Enumerable.Repeat((long)bits, 10).Append(8)));
        Assert.That(products.Select(product => (product["block_size"], product["accuracy_level"])), Is.All.EqualTo(((long)block, level)));
        Assert.That(products.Select(product => product["N"]).Take(5), Is.EqualTo(new long[] { 128, 32, 48, 48, 32 }));
    }

    [Test]
    public void Four_bits_take_less_than_a_quarter_of_float32()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Large() with { VocabSize = 8, TiedEmbeddings = false }, seed: 5);
        OnnxExporter.Write(model, folder["float"], tokenizer: null);
        Write(model, folder["int4"], new QuantizationFormat(4, 32, symmetric: true), head: null);
        long Bytes(string name) => new FileInfo(Path.Combine(folder[name], OnnxExporter.DataFile)).Length;
        // 4 bits and a scale of 32 for 32 weights: 5 bits of 32. The rest is page alignment and the rotary table.
        Assert.That(Bytes("int4"), Is.LessThan(Bytes("float") / 4));
    }

    [Test]
    public void A_tied_table_is_stored_once()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Large() with { VocabSize = 4000, TiedEmbeddings = true, MaxPositions = 16 }, seed: 6);
        Write(model, folder["int4"], new QuantizationFormat(4, 32, symmetric: true), new QuantizationFormat(8, 32, symmetric: true));
        // 8 bits and a scale of 32 for 32 weights. The layer takes 288 · 850 weights of five bits, the rest is page alignment.
        Assert.That(new FileInfo(Path.Combine(folder["int4"], OnnxExporter.DataFile)).Length, Is.EqualTo(4000 * 288 * 9 / 8).Within(400_000));
    }

    private static ModelConfig Large() => SyntheticModels.Config(layers: 1, hidden: 288, headDim: 16, kvHeads: 3, queryHeads: 6, ffn: 200);

    private static void RequireSameLogits(ModelConfig config, QuantizationFormat format, QuantizationFormat? head)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        var ids = OnnxExporterTests.Ids(24, config.VocabSize);
        var expected = ReferenceModel.Logits(AsComputed(model, format, head), ids);
        foreach (var (level, tolerance) in new[] { (AccuracyLevel.Exact, ExactTolerance), (AccuracyLevel.Fast, FastTolerance) })
        {
            Write(model, folder[$"level-{level}"], format, head, level);
            using var decoder = OnnxDecoder.Open(folder[$"level-{level}"], threads: 1);
            var difference = OnnxExporterTests.Difference(decoder.Logits(ids), expected);
            TestContext.Out.WriteLine($"accuracy level {level}: difference {difference:0.0e+0}");
            Assert.That(difference, Is.LessThan(tolerance));
        }
    }

    private static void Write(IDecoderModel model, string folder, QuantizationFormat format, QuantizationFormat? head, long level = AccuracyLevel.Fast) =>
        OnnxExporter.Write(model, folder, tokenizer: null, quantization: new ModelQuantization(new RoundedLayers(format, threads: 1), head, Threads: 1,
            RoundsActivations: level == AccuracyLevel.Fast));

    private static InMemoryModel AsComputed(IDecoderModel model, QuantizationFormat format, QuantizationFormat? head)
    {
        var layers = new RoundedLayers(format, threads: 1);
        return new InMemoryModel(model.Config with { TiedEmbeddings = false }, index => layers.Quantize(index, model.ReadLayer(index))
            .Of(model.ReadLayer(index)),
            head is not null && model.Config.TiedEmbeddings ? Rounded(model.ReadEmbedding(), head) : model.ReadEmbedding(), model.ReadFinalNorm(),
                head is null ? model.ReadHead() : Rounded(model.ReadHead(), head));
    }

    private static Matrix Rounded(Matrix weights, QuantizationFormat format) =>
        new(weights.Rows, weights.Cols, RoundToNearest.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, threads: 1).Values());
}
