using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Blocks in float16 on the processor, where ONNX Runtime casts what it has no operator for. None of this says that a GPU runs them.</summary>
public sealed class NarrowBlockTests
{
    private const int Seed = 20262;

    /// <summary>Of one rounding to float16, relative.</summary>
    private const double Unit = 1.0 / (1 << 11);

    /// <summary>Of the largest value. What a block gives has passed about ten roundings (norm, weights, projection, rotation, shares, mixture, weights,
    /// product; in an MLP as many), whose errors have random signs: √10 units, and four times that for the worst of some hundred values.</summary>
    private const double Tolerance = 12 * Unit;

    internal static BlockPlace Half { get; } = new(ServingProvider.Cpu, OnnxFloat.F16);

    [TestCaseSource(typeof(BlockVariants), nameof(BlockVariants.All))]
    public void Blocks_equal_the_plain_float64_forward_up_to_roundings(ModelConfig config, int kvHeads, int queryHeads)
    {
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 1, place: Half);
        using var reference = new PlainBlockRunner(config);
        foreach (var (windows, tokens) in ((int, int)[])[(1, 1), (2, 9), (3, 2)])
        {
            var x = Made.Activations(windows, tokens, config.HiddenSize, random);
            var norm = Made.Norm(config.HiddenSize, random);
            var attention = Made.Attention(config, kvHeads, queryHeads, random) with { Kind = config.KindOf(0) };
            AssertClose(runner.Attention(attention, norm, x, true), reference.Attention(attention, norm, x, true));
            var mlp = Made.Mlp(config, 96, random);
            AssertClose(runner.Mlp(mlp, norm, x, true), reference.Mlp(mlp, norm, x, true));
        }

        var none = new Activations(0, 5, config.HiddenSize);
        var result = runner.Mlp(Made.Mlp(config, 3, random), Made.Norm(config.HiddenSize, random), none, captureInputs: true);
        Assert.That((result.Output.Rows, result.Inputs!.Width, result.Inputs.Values.Length), Is.EqualTo((0, 3, 0)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Logits_of_a_model_are_those_of_float32_and_float64_up_to_roundings(bool bounded)
    {
        var config = SyntheticModels.Config(layers: 3, headDim: 16) with { TiedEmbeddings = false, LogitCap = bounded ? 2 : null };
        using var model = SyntheticModels.Random(config, Seed);
        var windows = new TokenWindows(12, [.. Enumerable.Range(0, 24).Select(i => i * 7 % config.VocabSize)]);
        int[] rows = [23, 0, 5, 5, 17];
        using var half = new OrtBlockRunner(config, threads: 1, place: Half);
        using var single = new OrtBlockRunner(config, threads: 1);
        using var exact = new PlainBlockRunner(config);
        float[] Logits(IBlockRunner runner) =>
            runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, windows), rows);
        var narrow = Logits(half);
        // Six blocks and the head, whose errors have random signs.
        var allowed = Tolerance * Math.Sqrt(7);
        Assert.That(Difference(narrow, Logits(exact)), Is.InRange(1e-6, allowed), $"seed {Seed}; not float32, and no worse than float16");
        Assert.That(Difference(narrow, Logits(single)), Is.LessThan(allowed));
        Assert.That(half.Logits(model.ReadFinalNorm(), model.ReadHead(), new Activations(1, 2, config.HiddenSize), []), Is.Empty);
    }

    [TestCase("query_down", "the attention of layer 1")]
    [TestCase("key", "the attention of layer 1")]
    [TestCase("value", "the attention of layer 1")]
    [TestCase("output", "the attention of layer 1")]
    [TestCase("up", "the MLP of layer 1")]
    [TestCase("down", "the MLP of layer 1")]
    public void Values_beyond_float16_are_noticed_where_they_come_up(string where, string named)
    {
        var config = SyntheticModels.Config(layers: 3, headDim: 16);
        using var model = Spoilt(config, where);
        var windows = new TokenWindows(6, [.. Enumerable.Range(0, 12).Select(i => i % config.VocabSize)]);
        using (var single = new OrtBlockRunner(config, threads: 1))
            Assert.That(DecoderForward.Run(model, single, windows).Values.All(float.IsFinite), "float32 holds it");
        using var half = new OrtBlockRunner(config, threads: 1, place: Half);
        Assert.That(() => DecoderForward.Run(model, half, windows), Throws.TypeOf<BadInputException>().With.Message.StartsWith(named)
            .And.Message.Contains("float16 does not hold").And.Message.Contains("65504").And.Message.Contains("`Provider` to cuda/bf16 or to cpu"));
    }

    [Test]
    public void Values_that_float16_just_holds_are_not_refused()
    {
        var config = Made.Config(48, 16, 50);
        var random = new Random(Seed);
        var (norm, mlp, x) = (Made.Norm(48, random), Made.Mlp(config, 32, random), Made.Activations(2, 4, 48, random));
        using var half = new OrtBlockRunner(config, threads: 1, place: Half);
        using var single = new OrtBlockRunner(config, threads: 1);
        var largest = single.Mlp(mlp, norm, x).Output.Values.Zip(x.Values, (y, before) => Math.Abs(y - before)).Max();
        foreach (var (reach, refused) in new[] { (60000f, false), (70000f, true) })
        {
            var scaled = mlp with { Down = new(48, 32, Array.ConvertAll(mlp.Down.Values, value => value * reach / largest)) };
            if (refused)
                Assert.That(() => half.Mlp(scaled, norm, x), Throws.TypeOf<BadInputException>().With.Message.StartsWith("an MLP block comes to"));
            else
                Assert.That(half.Mlp(scaled, norm, x).Output.Values.Max(Math.Abs), Is.EqualTo(reach).Within(300));
        }
    }

    [Test]
    public void Weights_and_logits_beyond_float16_are_named()
    {
        var config = SyntheticModels.Config(layers: 1, headDim: 16) with { TiedEmbeddings = false };
        using var model = SyntheticModels.Random(config, Seed);
        var (layer, x) = (model.ReadLayer(0), Made.Activations(1, 2, config.HiddenSize, new Random(Seed)));
        using var half = new OrtBlockRunner(config, threads: 1, place: Half);
        var down = new Matrix(config.HiddenSize, layer.Mlp!.Ffn, [.. layer.Mlp.Down.Values]);
        down.Values[3] = 70000;
        Assert.That(() => half.Mlp(layer.Mlp with { Down = down }, layer.MlpNorm, x),
            Throws.TypeOf<BadInputException>().With.Message.StartsWith("the MLP of layer 0 has weights (down) that float16 does not hold"));
        var head = new Matrix(config.VocabSize, config.HiddenSize, Array.ConvertAll(model.ReadHead().Values, value => 60000 * value));
        Assert.That(() => half.Logits(model.ReadFinalNorm(), head, x, [1]),
            Throws.TypeOf<BadInputException>().With.Message.StartsWith("the output head comes to values"));
    }

    [Test]
    public void What_the_type_has_no_operator_for_is_refused_at_once()
    {
        Assert.That(() => new OrtBlockRunner(SyntheticExperts.Mixtral(), 1, place: Half),
            Throws.TypeOf<BadInputException>().With.Message.Contains("experts").And.Message.Contains("`Provider` to cpu"));
        Assert.That(() => new OrtBlockRunner(Made.Config(24, 6, 10), 1, place: Half),
            Throws.TypeOf<BadInputException>().With.Message.Contains("multiple of 8").And.Message.Contains("`Provider` to cpu"));
    }

    [Test]
    public void Graphs_in_bfloat16_differ_by_the_type_alone()
    {
        var brain = new BlockPlace(ServingProvider.Cpu, OnnxFloat.BF16);
        foreach (var config in new[] { Made.Config(48, 16, 50), Made.Config(48, 8, 50) with { QkvBias = true, QkNorm = true } })
        {
            var attention = Made.Attention(config, 2, 4, new Random(Seed));
            Check(NarrowAttention.Of(attention, Half).Graph(config), NarrowAttention.Of(attention, brain).Graph(config));
            var mlp = Made.Mlp(config, 8, new Random(Seed));
            Check(NarrowMlp.Of(mlp, Half).Graph(config), NarrowMlp.Of(mlp, brain).Graph(config));
            Check(NarrowHead.Graph(config, OnnxType.Float16), NarrowHead.Graph(config, OnnxType.BFloat16));
        }

        Assert.That(BlockPlace.LargestOf(OnnxFloat.F16), Is.EqualTo(65504));
        // All exponent bits but the last, and all bits of the fraction.
        Assert.That((float)BlockPlace.LargestOf(OnnxFloat.BF16), Is.EqualTo(BitConverter.UInt32BitsToSingle(0x7F7F0000)));

        // Of the bytes only types, and the bounds by which values are judged, four bytes of float32 each.
        static void Check(OnnxGraph half, OnnxGraph brain)
        {
            byte[] one = half.ToBytes(), other = brain.ToBytes();
            Assert.That(other, Has.Length.EqualTo(one.Length));
            var types = 0;
            for (var i = 0; i < one.Length; i++)
            {
                if (one[i] == other[i])
                    continue;
                if ((one[i], other[i]) == ((byte)OnnxType.Float16, (byte)OnnxType.BFloat16))
                    types++;
                else
                    Assert.That(Enumerable.Range(Math.Max(0, i - 3), 4).Any(at => IsBound(one, at)), $"byte {i} is {other[i]} where it was {one[i]}");
            }

            Assert.That(types, Is.GreaterThanOrEqualTo(2), "weights and casts");
        }
    }

    /// <summary>65504, or that over √2.</summary>
    private static bool IsBound(byte[] bytes, int at) => at + 4 <= bytes.Length && BitConverter.ToSingle(bytes, at) is 65504f or (> 46300f and < 46330f);

    internal static double Difference(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        return actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Max() / expected.Max(Math.Abs);
    }

    /// <summary>A model in whose second layer one projection's values pass 65504, though its weights do not.</summary>
    private static InMemoryModel Spoilt(ModelConfig config, string where)
    {
        var model = SyntheticModels.Random(config, Seed);
        LayerWeights[] layers = [.. Enumerable.Range(0, config.Layers.Count).Select(model.ReadLayer)];
        var (attention, mlp) = (layers[1].Attention!, layers[1].Mlp!);
        // Weights of deviation 1/√32, of which the largest some hundred is below 0.8, and inputs of deviation one: sums of deviation 7e4.
        Matrix Large(Matrix matrix) => new(matrix.Rows, matrix.Cols, Array.ConvertAll(matrix.Values, value => 7e4f * value));
        layers[1] = layers[1] with
        {
            Attention = where switch
            {
                "query_down" => attention with { Query = Downward(attention.Query) },
                "key" => attention with { Key = Large(attention.Key) },
                "value" => attention with { Value = Large(attention.Value) },
                "output" => attention with { Output = Large(attention.Output) },
                _ => attention,
            },
            Mlp = where switch
            {
                // The processor goes on in float32 behind it, where a GPU has infinity: what comes of it has to be too large there as well.
                "up" => mlp with { Up = Large(mlp.Up), Down = new(mlp.Down.Rows, mlp.Down.Cols, Array.ConvertAll(mlp.Down.Values, value => 16 * value)) },
                "down" => mlp with { Down = Large(mlp.Down) },
                _ => mlp,
            },
        };
        return new InMemoryModel(config, layers, model.ReadEmbedding(), model.ReadFinalNorm(), null);

        // Only one channel of the first head: others stay small.
        Matrix Downward(Matrix query)
        {
            var large = new Matrix(query.Rows, query.Cols, [.. query.Values]);
            for (var i = 0; i < large.Cols; i++)
                large.Row(0)[i] *= 7e4f;
            return large;
        }
    }

    private static void AssertClose(BlockResult actual, BlockResult expected)
    {
        Assert.That(Difference(actual.Output.Values, expected.Output.Values), Is.LessThan(Tolerance), $"seed {Seed}");
        Assert.That(Difference(actual.Inputs!.Values, expected.Inputs!.Values), Is.LessThan(Tolerance), $"seed {Seed}");
    }
}
