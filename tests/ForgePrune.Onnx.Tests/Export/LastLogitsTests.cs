using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export.Written;
using ForgePrune.Progress;
using ForgePrune.Serving;
using ForgePrune.Testing;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace ForgePrune.Onnx.Tests.Export;

public sealed class LastLogitsTests
{
    /// <summary>A product of one row and one of many add up in another order: some float32 roundings (6e-8) of a logit.</summary>
    private const double Tolerance = 2e-6;

    private static readonly OnnxExportOptions Last = new() { Logits = OnnxLogits.Last };

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Last_logits_are_the_last_of_all(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        var (all, last) = Open(folder, model);
        using (all)
        using (last)
        {
            Assert.That(OnnxRules.Breaches(OnnxFile.Read(folder["last/model.onnx"]), folder["last"]), Is.Empty);
            Assert.That((all.LastLogitsOnly, last.LastLogitsOnly), Is.EqualTo((false, true)));
            var ids = OnnxExporterTests.Ids(12, config.VocabSize);
            using var state = last.NewState(batch: 1, ids.Length);
            var (expected, vocab) = (all.Logits(ids), config.VocabSize);
            // A prompt, a token, and some tokens more at once.
            foreach (var (start, end) in new[] { (0, 7), (7, 8), (8, 12) })
                Assert.That(OnnxExporterTests.Difference(state.Append(ids[start..end]).ToArray(), expected[((end - 1) * vocab)..(end * vocab)]),
                    Is.LessThan(Tolerance), $"{start} to {end}");
        }
    }

    [Test]
    public void Rows_of_unequal_lengths_get_the_logits_that_each_has_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 2);
        var (all, last) = Open(folder, model);
        using (all)
        using (last)
        {
            int[][] prompts = [[3, 1, 4, 1, 5], [9, 2, 6]];
            var outputs = Run(folder["last/model.onnx"], model.Config, [.. prompts[0], .. prompts[1], 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0], 5);
            var vocab = model.Config.VocabSize;
            Assert.That(outputs, Has.Length.EqualTo(2 * vocab));
            for (var row = 0; row < 2; row++)
                Assert.That(OnnxExporterTests.Difference(outputs[(row * vocab)..((row + 1) * vocab)], all.Logits(prompts[row])[^vocab..]),
                    Is.LessThan(Tolerance), $"row {row}");
        }
    }

    // The mask's two rows, the tokens read, and the column picked of each row.
    [TestCase("11111 11111", 5, 4, 4, Description = "equal lengths")]
    [TestCase("11111 11100", 5, 4, 2, Description = "filled up behind the end")]
    [TestCase("00111 11111", 5, 4, 4, Description = "filled up before the beginning")]
    [TestCase("111111 111001", 1, 0, 0, Description = "a step after a prompt that was filled up")]
    [TestCase("111111 111000", 1, 0, 0, Description = "a row that ended earlier")]
    [TestCase("11111111 11111110", 3, 2, 1, Description = "more tokens behind a cache")]
    [TestCase("11110000 11000000", 4, 3, 1, Description = "a mask longer than the sequences")]
    [TestCase("1 1", 1, 0, 0)]
    public void The_mask_says_which_position_is_last(string mask, int tokens, int first, int second)
    {
        const int width = 3;
        using var folder = new TemporaryFolder();
        using (var data = new ExternalData(folder["last.onnx.data"]))
        {
            var graph = new OnnxGraph("last", opset: 21, irVersion: 10);
            var x = graph.Input("x", OnnxType.Float, "batch", "sequence", width);
            string ids = graph.Input("ids", OnnxType.Int64, "batch", "sequence"), given = graph.Input("mask", OnnxType.Int64, "batch", "total");
            var picked = LastPositions.Gather(graph, new ConstantStore(graph, data), x, width, ids, given);
            graph.Node("Identity", "", [picked], ["y"]);
            graph.Output("y", OnnxType.Float, "batch", 1, width);
            folder.Write("last.onnx", graph.ToBytes());
        }
        using var session = new InferenceSession(folder["last.onnx"]);
        float[] values = [.. Enumerable.Range(0, 2 * tokens * width)];
        long[] bits = [.. mask.Where(bit => bit != ' ').Select(bit => (long)(bit - '0'))];
        using var result = session.Run(new RunOptions(), new Dictionary<string, OrtValue>
        {
            ["x"] = OrtValue.CreateTensorValueFromMemory(values, [2, tokens, width]),
            ["ids"] = OrtValue.CreateTensorValueFromMemory(new long[2 * tokens], [2, tokens]),
            ["mask"] = OrtValue.CreateTensorValueFromMemory(bits, [2, bits.Length / 2]),
        }, ["y"]);
        int[] rows = [first, tokens + second];
        Assert.That(result[0].GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(rows.SelectMany(row => values[(row * width)..((row + 1) * width)])));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void GenAI_generates_the_same_32_greedy_tokens_from_last_logits(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config with { EosTokenIds = [] }, seed: 3);
        var (all, last) = Open(folder, model);
        using (all)
        using (last)
        {
            var prompt = OnnxExporterTests.Ids(5, config.VocabSize);
            using GenAiDecoder ofAll = GenAiDecoder.Open(folder["all"]), ofLast = GenAiDecoder.Open(folder["last"]);
            var generated = ofLast.Greedy(prompt, 32);
            Assert.That(generated, Is.EqualTo(ofAll.Greedy(prompt, 32)));
            Assert.That(generated, Is.EqualTo(last.Continue(prompt, 32, TokenSampler.Greedy()).ToArray()));
        }
    }

    [Test]
    public void GenAI_continues_prompts_of_unequal_lengths_as_it_does_from_all_logits()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal with { EosTokenIds = [], PadTokenId = 0 }, seed: 4);
        var (all, last) = Open(folder, model);
        using (all)
        using (last)
            Assert.That(Together(folder["last"]), Is.EqualTo(Together(folder["all"])));
    }

    [Test]
    public void A_text_or_task_is_not_judged_by_last_logits()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 5);
        var (all, last) = Open(folder, model);
        all.Dispose();
        last.Dispose();
        folder.Write("ids.u16", new byte[512]);
        void Evaluate(string name, string? against) => TextEvaluation.Run(
            new TextSettings(folder[name], folder["ids.u16"], against is null ? null : folder[against], 16, 1), OnnxServing.Cpu, NoProgress.Instance, default);
        Assert.That(() => Evaluate("last", null), Throws.TypeOf<BadInputException>().With.Message.Contains("last position only"));
        Assert.That(() => Evaluate("all", "last"), Throws.TypeOf<BadInputException>().With.Message.Contains("last position only"));
        Assert.That(() => Evaluate("all", null), Throws.Nothing);
    }

    private static (OnnxDecoder All, OnnxDecoder Last) Open(TemporaryFolder folder, IDecoderModel model)
    {
        OnnxExporter.Write(model, folder["all"], tokenizer: null);
        OnnxExporter.Write(model, folder["last"], tokenizer: null, options: Last);
        return (OnnxDecoder.Open(folder["all"], threads: 1), OnnxDecoder.Open(folder["last"], threads: 1));
    }

    private static float[] Run(string file, ModelConfig config, long[] ids, long[] mask, int tokens)
    {
        using var session = new InferenceSession(file);
        var inputs = new Dictionary<string, OrtValue>
        {
            ["input_ids"] = OrtValue.CreateTensorValueFromMemory(ids, [2, tokens]),
            ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(mask, [2, mask.Length / 2]),
        };
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            foreach (var name in config.Layers[layer].HasAttention ? new[] { CacheNames.PastKey(layer), CacheNames.PastValue(layer) } : [])
                inputs[name] = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [2, config.Layers[layer].KvHeads, 0, config.HeadDim]);
        }
        using var result = session.Run(new RunOptions(), inputs, ["logits"]);
        return result[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static int[] Together(string folder)
    {
        using var config = new Config(folder);
        using var model = new Microsoft.ML.OnnxRuntimeGenAI.Model(config);
        using var settings = new GeneratorParams(model);
        settings.SetSearchOption("max_length", 16);
        settings.SetSearchOption("batch_size", 2);
        settings.SetSearchOption("do_sample", false);
        using var generator = new Generator(model, settings);
        generator.AppendTokens([3, 1, 4, 1, 5, 9, 2, 6, 0, 0]);
        while (!generator.IsDone())
            generator.GenerateNextToken();
        return [.. generator.GetSequence(0).ToArray(), .. generator.GetSequence(1).ToArray()];
    }
}
