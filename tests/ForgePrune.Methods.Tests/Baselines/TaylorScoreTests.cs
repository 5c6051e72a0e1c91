using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Progress;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Tests.Baselines;

public sealed class TaylorScoreTests
{
    private const int Seed = 11, Windows = 3;

    private const double Step = 1e-5;

    // A score is a sum of some dozens of |w · g|, each g a float32 of a few hundred roundings and a difference good to 1e-9.
    private const double Tolerance = 2e-4;

    private static readonly TokenWindows Text = new(SyntheticDecoders.Window, SyntheticDecoders.Ids(Windows, Seed));

    [Test]
    [Category("Slow")]
    public void Scores_are_what_differences_of_the_loss_say([ValueSource(typeof(SyntheticDecoders), nameof(SyntheticDecoders.Names))] string name)
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var model = SyntheticDecoders.Model(name, Seed);
        var parameters = new DecoderParameters(model);
        var gradients = TextGradient.Of(parameters, Text, atOnce: 2, threads: 1);
        for (var layer = 0; layer < model.Config.Layers.Count; layer++)
        {
            var (found, shape) = (TaylorScores.Of(parameters, gradients, layer), model.Config.Layers[layer]);
            Assert.That((found.Groups.Length, found.Heads.Length, found.Channels.Length), Is.EqualTo((shape.KvHeads, shape.QueryHeads, shape.Ffn)));
            for (var head = 0; head < found.Heads.Length; head++)
                Require(found.Heads[head], Differences(parameters, layer, (role, row, col) => OfHead(role, row, col, head)), $"head {head} of layer {layer}");
            for (var group = 0; group < found.Groups.Length; group++)
            {
                var expected = Differences(parameters, layer, (role, row, col) => OfGroup(role, row, col, group, shape.QueriesPerGroup));
                Require(found.Groups[group], expected, $"group {group} of layer {layer}");
            }

            for (var channel = 0; channel < found.Channels.Length; channel++)
                Require(found.Channels[channel], Differences(parameters, layer, (role, row, col) => OfChannel(role, row, col, channel)),
                    $"channel {channel} of layer {layer}");
        }

        int HeadDim() => model.Config.HeadDim;

        bool OfHead(TensorRole role, int row, int col, int head) => role switch
        {
            TensorRole.Query or TensorRole.QueryBias => row / HeadDim() == head,
            TensorRole.Output => col / HeadDim() == head,
            _ => false,
        };

        // As the blocks run: query head h reads KV head h / queriesPerGroup.
        bool OfGroup(TensorRole role, int row, int col, int group, int queriesPerGroup) => role switch
        {
            TensorRole.Key or TensorRole.KeyBias or TensorRole.Value or TensorRole.ValueBias => row / HeadDim() == group,
            TensorRole.Query or TensorRole.QueryBias => row / HeadDim() / queriesPerGroup == group,
            TensorRole.Output => col / HeadDim() / queriesPerGroup == group,
            _ => false,
        };

        static bool OfChannel(TensorRole role, int row, int col, int channel) => role switch
        {
            TensorRole.Gate or TensorRole.GateBias or TensorRole.Up or TensorRole.UpBias => row == channel,
            TensorRole.Down => col == channel,
            _ => false,
        };
    }

    [Test]
    public void Groups_that_score_least_go_first_and_take_their_own_heads_along()
    {
        // Two groups of three: folding heads by turns (h mod 2) instead of side by side (h / 3) would name the other group.
        var scores = new TaylorScores([6, 7], [1, 2, 3, 1, 5, 1], [3, 1, 2]);
        var sets = TaylorScores.Sets([scores]);
        Assert.That(sets.Heads(0, new(1, 3)), Is.EqualTo(new[] { 3, 4, 5 }));
        Assert.That(sets.Heads(0, new(2, 2)), Is.EqualTo(new[] { 2, 4 }));
        Assert.That(sets.Heads(0, new(2, 6)), Is.EqualTo(Enumerable.Range(0, 6)));
        Assert.That(sets.Channels(0, 2), Is.EqualTo(new[] { 0, 2 }));
    }

    [Test]
    public void How_many_windows_go_at_once_changes_no_more_than_rounding()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var parameters = new DecoderParameters(model);
        var one = TextGradient.Of(parameters, Text, 1, threads: 1);
        var all = TextGradient.Of(parameters, Text, Windows, threads: 1);
        Assert.That(all.Zip(one, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(1e-6));
        Assert.That(TextGradient.Of(parameters, Text, Windows, threads: 3), Is.EqualTo(all));
    }

    [Test]
    public void Every_pass_is_told_and_may_be_the_last()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var parameters = new DecoderParameters(model);
        var told = new List<double>();
        TextGradient.Of(parameters, Text, 1, threads: 1, new CallbackProgress<double>(told.Add));
        Assert.That(told, Is.EqualTo(Enumerable.Range(1, Windows).Select(done => done / (double)Windows)));
        told.Clear();
        var stops = new CallbackProgress<double>(share =>
        {
            told.Add(share);
            throw new OperationCanceledException();
        });
        Assert.That(() => TextGradient.Of(parameters, Text, 1, threads: 1, stops), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(told, Has.Count.EqualTo(1));
    }

    private static void Require(double found, double expected, string what) =>
        Assert.That(found, Is.EqualTo(expected).Within(Tolerance * (expected + 1e-2)), what);

    /// <summary>Σ |w · ∂L/∂w| over the weights that belong, each derivative a central difference of the mean loss in float64.</summary>
    private static double Differences(DecoderParameters parameters, int layer, Func<TensorRole, int, int, bool> belongs)
    {
        var plain = new PlainDecoder(parameters.Layout, SyntheticDecoders.Window);
        var point = Array.ConvertAll(parameters.Values, value => (double)value);
        var ids = Enumerable.Range(0, Text.Count).SelectMany(window => Text.Window(window).ToArray()).ToArray();
        double Loss() => plain.Loss(point, ids, null) / (Text.Count * (Text.Length - 1));
        var (sum, start) = (0.0, 0);
        foreach (var tensor in parameters.Layout.Tensors)
        {
            var cols = tensor.IsVector ? 1 : tensor.Cols;
            for (var i = 0; i < (int)tensor.Elements; i++)
            {
                if (tensor.Layer != layer || !belongs(tensor.Role, i / cols, i % cols))
                    continue;
                var value = point[start + i];
                point[start + i] = value + Step;
                var above = Loss();
                point[start + i] = value - Step;
                sum += Math.Abs(value * (above - Loss()) / (2 * Step));
                point[start + i] = value;
            }

            start += (int)tensor.Elements;
        }

        return sum;
    }
}
