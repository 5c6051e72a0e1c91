using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Forward;

public sealed class OrtBlockRunnerTests
{
    private const int Seed = 20261;

    /// <summary>Relative to the largest value. Float32 sums of up to 96 terms of unit variance err by a few ε = 6e-8 each; norm, rotation,
    /// softmax and two projections stack to some 10 ε; a wrong rotation or head mapping errs by more than 1e-2.</summary>
    private const double Tolerance = 3e-6;

    private static IEnumerable<TestCaseData> Variants() =>
        BlockVariants.All().Append(BlockVariants.Case("head width 6", BlockVariants.Plain with { HeadDim = 6 }, 3, 9));

    [TestCaseSource(nameof(Variants))]
    public void Blocks_equal_the_plain_float64_forward(ModelConfig config, int kvHeads, int queryHeads)
    {
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        using var reference = new PlainBlockRunner(config);
        foreach (var (windows, tokens) in ((int, int)[])[(1, 1), (2, 9), (3, 1), (9, 2)])
        {
            var x = Made.Activations(windows, tokens, config.HiddenSize, random);
            var norm = Made.Norm(config.HiddenSize, random);
            var attention = Made.Attention(config, kvHeads, queryHeads, random) with { Kind = config.KindOf(0) };
            AssertEqual(runner.Attention(attention, norm, x, true), reference.Attention(attention, norm, x, true));
            var mlp = Made.Mlp(config, 96, random);
            AssertEqual(runner.Mlp(mlp, norm, x, true), reference.Mlp(mlp, norm, x, true));
        }
    }

    [TestCaseSource(typeof(SyntheticExperts), nameof(SyntheticExperts.Names))]
    public void Blocks_of_experts_equal_the_plain_float64_forward(string name)
    {
        var config = SyntheticExperts.All[name];
        var random = new Random(Seed);
        using var model = SyntheticModels.Random(config, Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        using var reference = new PlainBlockRunner(config);
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            if (model.ReadLayer(layer) is not { Mlp: { } mlp, MlpNorm: var norm })
                continue;
            foreach (var (windows, tokens) in ((int, int)[])[(1, 1), (2, 9), (0, 3)])
            {
                var x = Made.Activations(windows, tokens, config.HiddenSize, random);
                if (windows > 0)
                    AssertEqual(runner.Mlp(mlp, norm, x, true), reference.Mlp(mlp, norm, x, true));
                else
                    Assert.That(runner.Mlp(mlp, norm, x, true).Inputs!.Rows, Is.Zero);
            }

            // The last expert masked: others take its tokens.
            if (mlp.Kind.Experts(mlp.Ffn) is var experts && experts > mlp.Kind.PerToken)
            {
                var x = Made.Activations(2, 7, config.HiddenSize, random);
                var masked = mlp with { RouterBias = [.. new float[experts - 1], float.NegativeInfinity] };
                var result = runner.Mlp(masked, norm, x, true);
                AssertEqual(result, reference.Mlp(masked, norm, x, true));
                Assert.That(Enumerable.Range(0, x.Rows).All(row => result.Inputs!.Values.AsSpan(((row + 1) * mlp.Ffn) - mlp.Kind.ExpertWidth,
                    mlp.Kind.ExpertWidth).IndexOfAnyExcept(0) < 0), "nothing passes it");
            }
        }
    }

    /// <summary>All channels of all experts for every token, and those of experts that it does not pass times zero: the other order of sums errs by as much as
    /// <see cref="Tolerance"/> allows.</summary>
    [TestCase(8, 2, true)]
    [TestCase(16, 2, false)]
    [TestCase(3, 3, true)]
    [TestCase(2, 1, false)]
    public void The_experts_of_each_token_give_what_all_experts_give(int experts, int perToken, bool normalized)
    {
        var config = SyntheticExperts.Qwen(normalized, experts, perToken, layers: 1);
        using var model = SyntheticModels.Random(config, Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        var (mlp, norm) = (model.ReadLayer(0).Mlp!, model.ReadLayer(0).MlpNorm);
        var x = Made.Activations(3, 40, config.HiddenSize, new Random(Seed));
        var all = runner.Mlp(mlp with { Kind = default, Router = null }, norm, x, true).Inputs!;
        var shares = ReferenceModel.Blocks(config).Shares(ReferenceModel.Wide(x.Values), perToken, normalized, name => name switch
        {
            "post_attention_layernorm.weight" => ReferenceModel.Wide(norm),
            "mlp.gate.weight" => ReferenceModel.Wide(mlp.Router!.Values),
            _ => null,
        });
        double[] inputs = [.. all.Values.Select((unit, i) => unit * shares[i / SyntheticExperts.Width])];
        var added = ReferenceBlocks.Linear(inputs, mlp.Ffn, ReferenceModel.Wide(mlp.Down.Values), null);
        var found = runner.Mlp(mlp, norm, x, true);
        AssertEqual(found.Inputs!.Values, Array.ConvertAll(inputs, value => (float)value));
        AssertEqual(found.Output.Values, [.. x.Values.Zip(added, (value, more) => (float)(value + more))]);
        Assert.That(runner.Mlp(mlp, norm, x).Output.Values, Is.EqualTo(found.Output.Values));
        using var one = new OrtBlockRunner(config, threads: 1);
        Assert.That(one.Mlp(mlp, norm, x).Output.Values, Is.EqualTo(found.Output.Values), "whatever the number of threads");
    }

    [Test]
    public void Experts_that_do_not_fit_their_router_are_refused()
    {
        var config = SyntheticExperts.Mixtral();
        using var runner = new OrtBlockRunner(config, threads: 1);
        var layer = SyntheticModels.Random(config, Seed).ReadLayer(0);
        var x = Made.Activations(1, 2, config.HiddenSize, new Random(Seed));
        foreach (var wrong in new[]
        {
            layer.Mlp! with { Kind = default }, layer.Mlp! with { Router = null }, layer.Mlp! with { RouterBias = [0] },
            layer.Mlp! with { DownBias = new float[config.HiddenSize] }, layer.Mlp! with { PostNorm = new float[config.HiddenSize] },
        })
            Assert.That(() => runner.Mlp(wrong, layer.MlpNorm, x), Throws.ArgumentException);
    }

    [Test]
    public void A_runner_that_rested_goes_on_with_equal_bits()
    {
        var config = Made.Config(24, 8, 10);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 1);
        var x = Made.Activations(2, 5, config.HiddenSize, random);
        var norm = Made.Norm(config.HiddenSize, random);
        var (attention, mlp) = (Made.Attention(config, 2, 4, random), Made.Mlp(config, 32, random));
        float[] Values() => runner.Mlp(mlp, norm, runner.Attention(attention, norm, x).Output).Output.Values;
        runner.Rest();
        var before = Values();
        runner.Rest();
        Assert.That(Values(), Is.EqualTo(before));
    }

    [Test]
    public void Any_pruned_shape_runs_in_the_same_runner()
    {
        var config = Made.Config(24, 8, 10);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 1);
        using var reference = new PlainBlockRunner(config);
        var x = Made.Activations(2, 5, config.HiddenSize, random);
        var norm = Made.Norm(config.HiddenSize, random);
        foreach (var (kvHeads, queryHeads) in ((int, int)[])[(4, 8), (3, 9), (1, 7), (5, 5), (4, 8)])
        {
            var attention = Made.Attention(config, kvHeads, queryHeads, random);
            AssertEqual(runner.Attention(attention, norm, x, true), reference.Attention(attention, norm, x, true));
        }
        foreach (var ffn in (int[])[64, 1, 33, 64])
        {
            var mlp = Made.Mlp(config, ffn, random);
            AssertEqual(runner.Mlp(mlp, norm, x, true), reference.Mlp(mlp, norm, x, true));
        }
    }

    [Test]
    public void Logits_are_those_of_the_rows_asked_for()
    {
        var config = Made.Config(24, 8, 37);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        using var reference = new PlainBlockRunner(config);
        var x = Made.Activations(2, 4, config.HiddenSize, random);
        var norm = Made.Norm(config.HiddenSize, random);
        var head = Made.Matrix(37, config.HiddenSize, random);
        int[] rows = [7, 0, 3, 3];
        AssertEqual(runner.Logits(norm, head, x, rows), reference.Logits(norm, head, x, rows));
        Assert.That(runner.Logits(norm, head, x, []), Is.Empty);
    }

    [Test]
    public void Windows_do_not_see_each_other_and_equal_input_gives_equal_bits()
    {
        var config = Made.Config(32, 8, 10);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        var norm = Made.Norm(config.HiddenSize, random);
        var attention = Made.Attention(config, 2, 4, random);
        var x = Made.Activations(3, 6, config.HiddenSize, random);
        var all = runner.Attention(attention, norm, x).Output.Values;
        Assert.That(runner.Attention(attention, norm, x).Output.Values, Is.EqualTo(all));
        var size = 6 * config.HiddenSize;
        var changed = new Activations(3, 6, config.HiddenSize, [.. x.Values[..size], .. Made.Vector(2 * size, random)]);
        Assert.That(runner.Attention(attention, norm, changed).Output.Values[..size], Is.EqualTo(all[..size]));
    }

    [Test]
    public void No_windows_give_no_rows()
    {
        var config = Made.Config(24, 8, 10);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 1);
        var x = new Activations(0, 5, config.HiddenSize);
        var result = runner.Attention(Made.Attention(config, 1, 2, random), Made.Norm(24, random), x, captureInputs: true);
        Assert.That((result.Output.Rows, result.Inputs!.Width), Is.EqualTo((0, 16)));
        Assert.That(runner.Mlp(Made.Mlp(config, 3, random), Made.Norm(24, random), x).Output.Rows, Is.Zero);
    }

    [Test]
    public void Heads_that_do_not_fit_their_matrices_are_refused()
    {
        var config = Made.Config(24, 8, 10);
        var random = new Random(Seed);
        using var runner = new OrtBlockRunner(config, threads: 1);
        var weights = Made.Attention(config, 2, 4, random) with { KvHeads = 1 };
        Assert.That(() => runner.Attention(weights, Made.Norm(24, random), Made.Activations(1, 2, 24, random)), Throws.ArgumentException);
    }

    private static void AssertEqual(BlockResult actual, BlockResult expected)
    {
        AssertEqual(actual.Output.Values, expected.Output.Values);
        AssertEqual(actual.Inputs!.Values, expected.Inputs!.Values);
    }

    private static void AssertEqual(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        var scale = expected.Max(Math.Abs);
        var worst = actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Max();
        Assert.That(worst, Is.LessThanOrEqualTo(Tolerance * scale), $"seed {Seed}, scale {scale}");
    }
}
