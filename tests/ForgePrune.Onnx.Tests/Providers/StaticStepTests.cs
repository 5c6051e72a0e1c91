using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Testing;
using ForgePrune.Timing;

namespace ForgePrune.Onnx.Tests.Providers;

/// <summary>Decode steps as a captured CUDA graph has to have them, on the processor: nothing is captured here, but shapes and addresses stay.</summary>
public sealed class StaticStepTests
{
    private const int Tokens = 12, First = 5;

    /// <summary>The same sums, over a mask that is longer: some units of float32 of the largest logit, of five layers.</summary>
    private const double Tolerance = 4e-6;

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (var batch in new[] { 1, 3 })
        {
            yield return Case("equal layers", ExportCases.Plain, batch);
            yield return Case("unequal layers", ExportCases.Unequal, batch);
        }

        yield return Case("rotary of many positions", ExportCases.Unequal with { MaxPositions = 5000 }, 2);
        yield return Case("a window", ExportCases.Plain with { Attention = [new() { Window = 3 }] }, 2);

        static TestCaseData Case(string name, ModelConfig config, int batch) => new TestCaseData(config, batch).SetArgDisplayNames(name, $"{batch}");
    }

    [TestCaseSource(nameof(Cases))]
    public void Steps_of_one_shape_give_what_growing_ones_give(ModelConfig config, int batch)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        OnnxExporter.Write(model, folder["usual"], tokenizer: null);
        using var usual = OnnxDecoder.Open(folder["usual"], threads: 1);
        foreach (var logits in new[] { OnnxLogits.All, OnnxLogits.Last })
        {
            OnnxExporter.Write(model, folder[$"{logits}"], tokenizer: null, options: new() { Static = true, Logits = logits });
            using var bound = Open(folder[$"{logits}"]);
            using DecoderState grown = usual.NewState(batch, Tokens), still = bound.NewState(batch, Tokens);
            var prompt = OnnxExporterTests.Ids(batch * First, config.VocabSize);
            grown.Advance(prompt);
            still.Advance(prompt);
            var addresses = new HashSet<nint>();
            // To the end, back into the prompt, and on with other tokens.
            for (var round = 0; round < 2; round++)
            {
                for (var token = still.Length; token < Tokens - round; token++)
                {
                    int[] ids = [.. Enumerable.Range(0, batch).Select(row => ((7 * token) + (5 * row) + round) % config.VocabSize)];
                    var expected = grown.Append(ids).ToArray();
                    still.Advance(ids);
                    var found = still.StepLogits!.GetTensorDataAsSpan<float>();
                    addresses.Add(Address(found));
                    Assert.That(OnnxExporterTests.Difference(found.ToArray(), expected), Is.LessThan(Tolerance), $"round {round}, token {token}, {logits}");
                }

                grown.Rewind(First - 1);
                still.Rewind(First - 1);
            }

            Assert.That(addresses, Has.Count.EqualTo(1));
            // Logits that are fetched come by an ordinary call, which reads what steps wrote.
            int[] last = [.. Enumerable.Range(0, batch)];
            still.Advance(last);
            grown.Advance(last);
            Assert.That(OnnxExporterTests.Difference(still.Append(last).ToArray(), grown.Append(last).ToArray()), Is.LessThan(Tolerance), $"{logits}");
            Assert.That(still.StepLogits, Is.Null);
        }
    }

    [Test]
    public void A_step_beyond_the_capacity_or_the_vocabulary_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var bound = Written(folder);
        using var state = bound.NewState(batch: 1, capacity: 2);
        state.Advance([0]);
        Assert.That(() => state.Advance([bound.VocabSize]), Throws.TypeOf<BadInputException>().With.Message.Contains("outside the model's vocabulary"));
        state.Advance([1]);
        Assert.That(() => state.Advance([1]), Throws.ArgumentException.With.Message.Contains("capacity of 2"));
        Assert.That(state.Length, Is.EqualTo(2));
    }

    [Test]
    public void States_are_graphs_of_their_own_and_a_model_is_timed_by_them()
    {
        using var folder = new TemporaryFolder();
        using var bound = Written(folder);
        Assert.That((bound.NextGraph(), bound.NextGraph()), Is.EqualTo((1, 2)));
        using (var timer = new ModelTimer(bound, Phase.Decode, new() { Threads = 1, Batch = 2, Context = 3 }))
            Assert.That(new[] { timer.Turn(), timer.Turn() }, Has.All.Positive);
        Assert.That(bound.NextGraph(), Is.EqualTo(4));
    }

    [Test]
    public void Caches_that_grow_cannot_be_captured()
    {
        using var folder = new TemporaryFolder();
        Written(folder).Dispose();
        var path = Path.Combine(folder["onnx"], GenAiConfig.FileName);
        var config = JsonNode.Parse(File.ReadAllBytes(path))!;
        config["search"]!["past_present_share_buffer"] = false;
        File.WriteAllText(path, config.ToJsonString());
        Assert.That(() => Open(folder["onnx"]), Throws.TypeOf<BadInputException>().With.Message.Contains("makes longer caches at every call")
            .And.Message.Contains("leave `Provider.CudaGraph` out"));
    }

    private static OnnxDecoder Written(TemporaryFolder folder)
    {
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, options: new() { Static = true });
        return Open(folder["onnx"]);
    }

    private static OnnxDecoder Open(string folder) => OnnxDecoder.Open(folder, threads: 1, _ => { }, memory: BoundDecoderTests.AsDevice, captures: true);

    private static unsafe nint Address(ReadOnlySpan<float> values)
    {
        fixed (float* first = values)
            return (nint)first;
    }
}
