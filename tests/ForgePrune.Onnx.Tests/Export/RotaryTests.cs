using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing.Reference;
using ForgePrune.Testing;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>Up to 4,096 positions cosines and sines are stored, beyond they are computed: both must give the same, at any position.</summary>
public sealed class RotaryTests
{
    private const int Vocab = 64;

    private static ModelConfig[] Shapes => [ExportCases.Plain, SyntheticModels.Config(headDim: 24)];

    [TestCaseSource(nameof(Shapes))]
    public void Computed_rows_are_those_of_a_stored_table_whatever_the_padding(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        var outputs = new List<float[]>();
        foreach (var positions in new[] { RotaryNodes.MostStored, RotaryNodes.MostStored + 1 })
        {
            using var model = SyntheticModels.Random(config with { MaxPositions = positions }, seed: 31);
            OnnxExporter.Write(model, folder[$"{positions}"], tokenizer: null);
            using var session = new InferenceSession(Path.Combine(folder[$"{positions}"], OnnxExporter.ModelFile));
            // Two rows of five and three tokens, filled up behind; then one more token of each.
            var prompt = Run(session, config, [3, 1, 4, 1, 5, 9, 2, 6, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0], 5, null);
            var step = Run(session, config, [7, 7], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], 1, prompt);
            // Behind a row's end is what nobody reads.
            outputs.Add([.. prompt["logits"][..(8 * Vocab)], .. step["logits"]]);
        }

        Assert.That(OnnxExporterTests.Difference(outputs[1], outputs[0]), Is.LessThan(1e-6));
    }

    [Test]
    [Category("Slow")]
    public void Positions_beyond_GenAIs_default_are_right_in_ONNX_Runtime()
    {
        using var folder = new TemporaryFolder();
        const int length = RotaryNodes.MostStored + 40;
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1, hidden: 16, headDim: 16, kvHeads: 1, queryHeads: 1,
            ffn: 8) with
        { MaxPositions = 131072 }, seed: 32);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var ids = OnnxExporterTests.Ids(length, model.Config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var state = decoder.NewState(batch: 1, length);
        float[] logits = [.. state.Append(ids[..^2]).ToArray(), .. state.Append(ids[^2..^1]).ToArray(), .. state.Append(ids[^1..]).ToArray()];
        Assert.That(OnnxExporterTests.Difference(logits, ReferenceModel.Logits(model, ids)), Is.LessThan(1e-4));
    }

    [Test]
    public void Half_a_billion_positions_take_no_more_room_than_a_thousand()
    {
        using var folder = new TemporaryFolder();
        foreach (var positions in new[] { 1024, 500_000_000 })
        {
            using var model = SyntheticModels.Random(ExportCases.Plain with { MaxPositions = positions }, seed: 33);
            OnnxExporter.Write(model, folder[$"{positions}"], tokenizer: null);
        }

        Assert.That(Bytes(folder["500000000"]), Is.LessThan(Bytes(folder["1024"])));
    }

    private static long Bytes(string folder) => new DirectoryInfo(folder).GetFiles().Sum(file => file.Length);

    private static Dictionary<string, float[]> Run(
        InferenceSession session, ModelConfig config, long[] ids, long[] mask, int tokens, Dictionary<string, float[]>? past)
    {
        const int batch = 2;
        var inputs = new List<NamedOnnxValue>
        {
            NamedOnnxValue.CreateFromTensor("input_ids", new DenseTensor<long>(ids, [batch, tokens])),
            NamedOnnxValue.CreateFromTensor("attention_mask", new DenseTensor<long>(mask, [batch, mask.Length / batch])),
        };
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var heads = config.Layers[layer].KvHeads;
            foreach (var (name, present) in new[] { (CacheNames.PastKey(layer), CacheNames.PresentKey(layer)),
                (CacheNames.PastValue(layer), CacheNames.PresentValue(layer)) })
            {
                var values = past?[present] ?? [];
                inputs.Add(NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(values,
                    [batch, heads, values.Length / (batch * heads * config.HeadDim), config.HeadDim])));
            }
        }

        using var results = session.Run(inputs);
        return results.ToDictionary(result => result.Name, result => result.AsEnumerable<float>().ToArray());
    }
}
