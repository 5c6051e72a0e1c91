using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Timing;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Tests.Providers;

/// <summary>The way in which a GPU is called, through the processor's provider: caches and logits in memory that counts as a device's, inputs bound again at
/// every call, walls on both sides.</summary>
public sealed class BoundDecoderTests
{
    private const int Tokens = 12, First = 5;

    [TestCase(OnnxFloat.F32)]
    [TestCase(OnnxFloat.F16)]
    public void Bound_calls_give_what_a_plain_call_gives(OnnxFloat type)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, options: new() { Float = type });
        var ids = OnnxExporterTests.Ids(Tokens, model.Config.VocabSize);
        using var bound = OnnxDecoder.Open(folder["onnx"], 1, _ => { }, memory: AsDevice);
        var plain = Unbound(bound, ids);
        using var state = bound.NewState(batch: 1, Tokens);
        // Both add in the same order, if not with the same strides: a few units of float32, or of float16 where the graph hands values on in it.
        var same = type == OnnxFloat.F16 ? 4.9e-4 : 1e-6;
        Assert.That(OnnxExporterTests.Difference(state.Append(ids).ToArray(), plain), Is.LessThan(same));

        // Logits that are left where they are, a rewind, and logits that are fetched, with other ids in between.
        state.Rewind(0);
        state.Advance(ids[..First]);
        state.Rewind(First - 1);
        state.Advance([ids[First]]);
        state.Rewind(First - 1);
        state.Advance([ids[First - 1]]);
        var rest = state.Append(ids.AsSpan(First)).ToArray();
        // Matrices of other heights add up in another order: sums of some hundred terms, of five layers, each rounded to the type, whose units are 2^-11
        // and 2^-24.
        var tolerance = 8 * (type == OnnxFloat.F16 ? 4.9e-4 : 6e-7);
        Assert.That(OnnxExporterTests.Difference(rest, plain[(First * model.Config.VocabSize)..]), Is.LessThan(tolerance));
    }

    [TestCase(2)]
    [TestCase(9)]
    public void A_text_is_judged_where_logits_lie_as_by_logits_on_the_host(int tokens)
    {
        using var folder = new TemporaryFolder();
        var config = ExportCases.Plain with { VocabSize = 301 };
        using var model = SyntheticModels.Random(config, seed: 1);
        using var other = SyntheticModels.Random(config, seed: 2);
        OnnxExporter.Write(model, folder["model"], tokenizer: null);
        OnnxExporter.Write(other, folder["other"], tokenizer: null);
        using IServedDecoder there = OnnxDecoder.Open(folder["model"], 1, _ => { }, memory: AsDevice),
            truthThere = OnnxDecoder.Open(folder["other"], 1, _ => { }, memory: AsDevice),
            here = OnnxDecoder.Open(folder["model"], 1), truth = OnnxDecoder.Open(folder["other"], 1);
        var ids = OnnxExporterTests.Ids(tokens, config.VocabSize);
        // Logits of up to some 30, whose units are 2e-6, summed in two ways.
        const double same = 3e-5;
        for (var again = 0; again < 2; again++)
        {
            var (found, expected) = (there.Score(ids, truthThere), here.Score(ids, truth));
            Assert.That(found.NegativeLogLikelihood, Is.EqualTo(expected.NegativeLogLikelihood).Within(same));
            Assert.That(found.Divergence!.Value, Is.EqualTo(expected.Divergence!.Value).Within(same).And.GreaterThan(0.01));
            var alone = there.Score(ids, null);
            Assert.That((alone.NegativeLogLikelihood, alone.Divergence), Is.EqualTo((found.NegativeLogLikelihood, (double?)null)));
        }

        // What lies on the host is judged there.
        Assert.That(there.Score(ids, truth).Divergence!.Value, Is.EqualTo(here.Score(ids, truth).Divergence!.Value).Within(same));
    }

    [Test]
    public void A_model_is_timed_by_bound_calls()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var bound = OnnxDecoder.Open(folder["onnx"], 1, _ => { }, memory: AsDevice);
        var settings = new TimingSettings { Threads = 1, Batch = 2, Prompt = 4, Context = 3 };
        foreach (var phase in new[] { Phase.Prefill, Phase.Decode })
        {
            using var timer = new ModelTimer(bound, phase, settings);
            Assert.That(timer.Turn(), Is.Positive);
        }
    }

    [Test]
    public void Memory_is_cleared_as_far_as_asked()
    {
        using var memory = new ProviderMemory(OrtAllocator.DefaultInstance, isDevice: true, bytes => bytes.Clear());
        using var value = memory.Zeros(TensorElementType.UInt8, 8);
        Assert.That(value.GetTensorDataAsSpan<byte>().ToArray(), Is.All.Zero);
        value.GetTensorMutableDataAsSpan<byte>().Fill(7);
        memory.Clear(value, 5);
        Assert.That(value.GetTensorDataAsSpan<byte>().ToArray(), Is.EqualTo(new byte[] { 0, 0, 0, 0, 0, 7, 7, 7 }));
        using var none = memory.Zeros(TensorElementType.Float16, 2, 0, 8);
        Assert.That(none.GetTensorTypeAndShape().ElementCount, Is.Zero);
    }

    /// <summary>The host's memory, called a device's.</summary>
    internal static ProviderMemory AsDevice(InferenceSession session) => new(OrtAllocator.DefaultInstance, isDevice: true, bytes => bytes.Clear());

    /// <summary>Logits by a call that binds nothing, with empty caches.</summary>
    private static float[] Unbound(OnnxDecoder decoder, int[] ids)
    {
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            inputs["input_ids"] = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ids, id => (long)id), [1, ids.Length]);
            inputs["attention_mask"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, ids.Length).ToArray(), [1, ids.Length]);
            foreach (var cache in decoder.Signature.Caches)
            {
                foreach (var past in new[] { cache.PastKey, cache.PastValue })
                    inputs[past] = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, cache.Type, [1, cache.KvHeads, 0, cache.HeadDim]);
            }

            using var run = new RunOptions();
            using var outputs = decoder.Session.Run(run, inputs, ["logits"]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            foreach (var value in inputs.Values)
                value.Dispose();
        }
    }
}
