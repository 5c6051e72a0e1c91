using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class ParameterGatherTests
{
    private const int Seed = 13;

    private static readonly RecoveryOptions Options = new() { Tokens = 100, TokensPerStep = 10, TokensAtOnce = 10, Rate = 1e-2, WeightDecay = 0.01 };

    // Of layers with (2 groups of 2, 7), (1 group of 2, 0), (none, 5) and (1 group of 1, 3).
    private static readonly LayerShape[] Shapes = [new(1, 1, 3), new(1, 2, 0), new(0, 0, 2), new(0, 0, 3)];

    private static readonly GivenSets Kept = new([new([3], [0, 4, 6]), new([0, 1], []), new([], [1, 3]), new([], [0, 1, 2])]);

    [Test]
    public void Weights_after_a_cut_are_those_of_the_compacted_model()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var found = new DecoderParameters(new ParameterGather(new ParameterLayout(model.Config), Shapes, Kept), new DecoderParameters(model).Values).ToModel();
        using var compact = CompactModel.Build(model, new Plan(Shapes), LevelSource.Gathering(model, Kept, 1 << 20));
        Assert.That(found.ContentHash, Is.EqualTo(compact.ContentHash));
    }

    [Test]
    public void Biases_and_norms_of_heads_follow_theirs([Values("mistral, all biases", "qwen3, norms of queries and keys")] string name)
    {
        using var model = SyntheticDecoders.Model(name, Seed);
        LayerShape[] shapes = [.. model.Config.Layers.Select(layer => layer.HasAttention ? layer with { Ffn = 2 } : layer)];
        var kept = new GivenSets([.. model.Config.Layers.Select(layer => new KeptUnits([.. Enumerable.Range(0, layer.QueryHeads)],
            layer.HasMlp ? [1, layer.Ffn - 1] : []))]);
        var found = new DecoderParameters(new ParameterGather(new ParameterLayout(model.Config), shapes, kept), new DecoderParameters(model).Values).ToModel();
        using var compact = CompactModel.Build(model, new Plan(shapes), LevelSource.Gathering(model, kept, 1 << 20));
        Assert.That(found.ContentHash, Is.EqualTo(compact.ContentHash));
    }

    [Test]
    public void Moments_after_a_cut_are_those_of_what_is_kept()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var state = Trained(model, 3);
        var cut = new ParameterGather(state.Parameters.Layout, Shapes, Kept).Apply(state);
        Assert.That(cut.Done, Is.EqualTo(3));
        var headDim = model.Config.HeadDim;
        foreach (var (before, after) in new[] { (state.Means, cut.Means), (state.Squares, cut.Squares), (state.Parameters.Values, cut.Parameters.Values) })
        {
            Assert.That(before.Count(value => value != 0), Is.GreaterThan(before.Length / 2), "moments of a training that has begun");
            float[] Was(TensorRole role, int layer) => state.Parameters.Layout.Of(before, role, layer).ToArray();
            float[] Now(TensorRole role, int layer) => cut.Parameters.Layout.Of(after, role, layer).ToArray();
            int hidden = model.Config.HiddenSize, queries = 4 * headDim;
            // By hand: head 3 of layer 0 is rows 12 to 15 of q and columns 12 to 15 of o; it reads group 1, rows 4 to 7 of k and v.
            Assert.That(Now(TensorRole.Query, 0), Is.EqualTo(Was(TensorRole.Query, 0)[(3 * headDim * hidden)..]));
            Assert.That(Now(TensorRole.Key, 0), Is.EqualTo(Was(TensorRole.Key, 0)[(headDim * hidden)..]));
            Assert.That(Now(TensorRole.Value, 0), Is.EqualTo(Was(TensorRole.Value, 0)[(headDim * hidden)..]));
            Assert.That(Now(TensorRole.Output, 0), Is.EqualTo(Was(TensorRole.Output, 0).Where((_, i) => i % queries / headDim == 3)));
            Assert.That(Now(TensorRole.Gate, 0), Is.EqualTo(Was(TensorRole.Gate, 0).Where((_, i) => i / hidden is 0 or 4 or 6)));
            Assert.That(Now(TensorRole.Up, 2), Is.EqualTo(Was(TensorRole.Up, 2).Where((_, i) => i / hidden is 1 or 3)));
            Assert.That(Now(TensorRole.Down, 0), Is.EqualTo(Was(TensorRole.Down, 0).Where((_, i) => i % 7 is 0 or 4 or 6)));
            Assert.That(Now(TensorRole.Query, 1), Is.EqualTo(Was(TensorRole.Query, 1)));
            Assert.That((Now(TensorRole.Query, 3), Now(TensorRole.AttentionNorm, 3)), Is.EqualTo(((float[])[], (float[])[])),
                "a block that is gone has no moments");
            foreach (var (role, layer) in new[] { (TensorRole.Embedding, -1), (TensorRole.FinalNorm, -1), (TensorRole.AttentionNorm, 1),
                (TensorRole.MlpNorm, 0) })
                Assert.That(Now(role, layer), Is.EqualTo(Was(role, layer)), $"{role}");
        }
    }

    [Test]
    public void A_cut_that_keeps_everything_changes_nothing_of_the_training_after_it()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var all = new GivenSets([.. model.Config.Layers.Select(KeptUnits.All)]);
        var through = Trained(model, 6);
        var first = Trained(model, 3);
        var state = new ParameterGather(first.Parameters.Layout, model.Config.Layers, all).Apply(first);
        Continue(state, 6);
        Assert.That(state.Parameters.Values, Is.EqualTo(through.Parameters.Values));
        Assert.That((state.Means, state.Squares), Is.EqualTo((through.Means, through.Squares)));
    }

    private static OptimizerState Trained(IDecoderModel model, int steps)
    {
        var state = new OptimizerState(new DecoderParameters(model));
        Continue(state, steps);
        return state;
    }

    private static void Continue(OptimizerState state, int until)
    {
        using var other = SyntheticDecoders.Model("llama, tied", Seed + 1);
        var trainer = new RecoveryTrainer(
            state, new DecoderParameters(other), new TokenWindows(SyntheticDecoders.Window, SyntheticDecoders.Ids(7, 1)), Options, SourceHash.Of("a test"),
                threads: 1);
        while (trainer.Done < until)
            trainer.Next();
    }
}
