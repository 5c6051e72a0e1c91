using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Tests.Providers;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Results that stay in a provider's memory, by the processor's, which is called a device's: the same bindings, copies, and walls.</summary>
public sealed class StayingTests
{
    private const int Seed = 20263;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 3, headDim: 16);

    private static readonly TokenWindows Text = new(6, [.. Enumerable.Range(0, 24).Select(i => i * 5 % Config.VocabSize)]);

    private static BlockPlace Staying(OnnxFloat type = OnnxFloat.F32, long room = long.MaxValue) =>
        new(ServingProvider.Cpu, type) { Stays = true, Memory = BoundDecoderTests.AsDevice, Room = () => room };

    [Test]
    public void Bound_calls_give_the_bits_of_plain_ones_and_leave_them_where_they_are()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        using var plain = new OrtBlockRunner(Config, threads: 1);
        using var bound = new OrtBlockRunner(Config, threads: 1, place: Staying());
        var end = DecoderForward.Run(model, bound, Text);
        Assert.That((bound.Staying.Fetched, end.Staying is null), Is.EqualTo((0, false)), "nothing has come to the host");
        var expected = DecoderForward.Run(model, plain, Text).Values;
        Assert.That(end.Values, Is.EqualTo(expected));
        Assert.That((bound.Staying.Fetched, ReferenceEquals(end.Values, end.Values)), Is.EqualTo((1, true)), "once");

        var layer = model.ReadLayer(1);
        var (mine, theirs) = (bound.Mlp(layer.Mlp!, layer.MlpNorm, end, true), plain.Mlp(layer.Mlp!, layer.MlpNorm, end, true));
        Assert.That(mine.Inputs!.Values, Is.EqualTo(theirs.Inputs!.Values));
        Assert.That(mine.Output.Values, Is.EqualTo(theirs.Output.Values));
        Assert.That(bound.Logits(model.ReadFinalNorm(), model.ReadHead(), end, [0, 5]),
            Is.EqualTo(plain.Logits(model.ReadFinalNorm(), model.ReadHead(), end, [0, 5])));
    }

    [Test]
    public void A_held_block_gives_what_calls_give_for_windows_of_any_length()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, random) = (model.ReadLayer(0), new Random(Seed));
        foreach (var place in new[] { BlockPlace.Processor, Staying(), Staying(OnnxFloat.F16) })
        {
            using var runner = new OrtBlockRunner(Config, threads: 1, place: place);
            using var attention = ((IBlockRunner)runner).Hold(layer.Attention!, layer.AttentionNorm);
            using var mlp = ((IBlockRunner)runner).Hold(layer.Mlp!, layer.MlpNorm);
            foreach (var (windows, tokens, captures) in ((int, int, bool)[])
                [(2, 5, true), (2, 5, false), (1, 9, false), (5, 2, true), (0, 3, true), (2, 5, true)])
            {
                var x = Made.Activations(windows, tokens, Config.HiddenSize, random);
                Compare(attention.Run(x, captures), runner.Attention(layer.Attention!, layer.AttentionNorm, x, captures));
                Compare(mlp.Run(x, captures), runner.Mlp(layer.Mlp!, layer.MlpNorm, x, captures));
            }
        }

        static void Compare(BlockResult held, BlockResult called)
        {
            Assert.That(held.Output.Values, Is.EqualTo(called.Output.Values));
            Assert.That(held.Inputs?.Values, Is.EqualTo(called.Inputs?.Values));
        }
    }

    [Test]
    public void For_want_of_room_the_oldest_come_to_the_host()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        using var plain = new OrtBlockRunner(Config, threads: 1);
        // Of two streams of 24 tokens.
        var room = 2L * Text.TokenCount * Config.HiddenSize * sizeof(float);
        using var bound = new OrtBlockRunner(Config, threads: 1, place: Staying(room: room));
        var (x, layer) = (DecoderForward.Embed(model, Text), model.ReadLayer(0));
        var results = new List<Activations>();
        for (var i = 0; i < 5; i++)
            results.Add(bound.Mlp(layer.Mlp!, layer.MlpNorm, i == 0 ? x : results[^1]).Output);
        Assert.That(bound.Staying.Bytes, Is.LessThanOrEqualTo(room));
        Assert.That(bound.Staying.Fetched, Is.EqualTo(3));
        var expected = x;
        foreach (var result in results)
        {
            expected = plain.Mlp(layer.Mlp!, layer.MlpNorm, expected).Output;
            Assert.That(result.Values, Is.EqualTo(expected.Values));
        }

        // What came to the host goes back as an input.
        Assert.That(bound.Mlp(layer.Mlp!, layer.MlpNorm, results[0]).Output.Values, Is.EqualTo(results[1].Values));
    }

    [Test]
    public void What_nobody_refers_to_makes_room_without_a_copy()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var bytes = (long)Text.TokenCount * Config.HiddenSize * sizeof(float);
        using var bound = new OrtBlockRunner(Config, threads: 1, place: Staying(room: 4 * bytes));
        for (var i = 0; i < 3; i++)
            Drop(model, bound);
        Assert.That(bound.Staying.Bytes, Is.LessThanOrEqualTo(4 * bytes));
        Assert.That(bound.Staying.Fetched, Is.Zero);
    }

    [Test]
    public void Results_outlive_their_runner_and_its_rest()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var layer = model.ReadLayer(0);
        var x = DecoderForward.Embed(model, Text);
        using var plain = new OrtBlockRunner(Config, threads: 1);
        var bound = new OrtBlockRunner(Config, threads: 1, place: Staying());
        var first = bound.Mlp(layer.Mlp!, layer.MlpNorm, x).Output;
        bound.Rest();
        Assert.That(bound.Staying.Bytes, Is.Zero);
        var second = bound.Attention(layer.Attention!, layer.AttentionNorm, first, true);
        bound.Dispose();
        Assert.That(first.Values, Is.EqualTo(plain.Mlp(layer.Mlp!, layer.MlpNorm, x).Output.Values));
        var expected = plain.Attention(layer.Attention!, layer.AttentionNorm, first, true);
        Assert.That(second.Output.Values, Is.EqualTo(expected.Output.Values));
        Assert.That(second.Inputs!.Values, Is.EqualTo(expected.Inputs!.Values));
    }

    [Test]
    public void Streams_of_another_runner_are_taken_by_way_of_the_host()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        using OrtBlockRunner one = new(Config, threads: 1, place: Staying()), other = new(Config, threads: 1, place: Staying());
        var layer = model.ReadLayer(0);
        var x = one.Mlp(layer.Mlp!, layer.MlpNorm, DecoderForward.Embed(model, Text)).Output;
        Assert.That(other.Mlp(layer.Mlp!, layer.MlpNorm, x).Output.Values, Is.EqualTo(one.Mlp(layer.Mlp!, layer.MlpNorm, x).Output.Values));
        Assert.That(one.Staying.Fetched, Is.EqualTo(2));
    }

    [Test]
    public void A_node_on_the_processor_is_refused_by_name_where_none_may_be()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, x) = (model.ReadLayer(2), DecoderForward.Embed(model, Text));
        using var runner = new OrtBlockRunner(Config, threads: 1, place: Staying(OnnxFloat.F16) with { RefusesProcessor = true });
        Assert.That(() => runner.Mlp(layer.Mlp!, layer.MlpNorm, x), Throws.TypeOf<BadInputException>().With.Message.StartsWith("the MLP of layer 2: ")
            .And.Message.Contains("would run on the processor").And.Message.Contains("`Provider` to cpu"));
    }

    private static void Drop(IDecoderModel model, IBlockRunner runner) =>
        Assert.That(DecoderForward.Run(model, runner, Text).Rows, Is.EqualTo(Text.TokenCount));
}
