using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class TrainingComputeTests
{
    /// <summary>Every product of a forward pass counted as it is done: out × in for each projection and the head, headDim twice for each pair of
    /// positions.</summary>
    [Test]
    public void The_formula_counts_every_product([ValueSource(typeof(SyntheticDecoders), nameof(SyntheticDecoders.Names))] string name)
    {
        using var model = SyntheticDecoders.Model(name, seed: 1);
        var config = model.Config;
        const int window = SyntheticDecoders.Window;
        long products = 0;
        for (var position = 0; position < window; position++)
        {
            foreach (var tensor in TensorLayout.Of(config).Where(tensor => tensor.Layer >= 0 && !tensor.IsVector))
                products += (long)tensor.Rows * tensor.Cols;
            products += (long)config.VocabSize * config.HiddenSize;
            foreach (var layer in config.Layers)
                for (var seen = 0; seen <= position; seen++)
                    products += 2L * layer.QueryHeads * config.HeadDim;
        }

        Assert.That(TrainingCompute.Forward(config, window) * window, Is.EqualTo(2 * products));
        Assert.That(TrainingCompute.Training(config, window), Is.EqualTo(3 * TrainingCompute.Forward(config, window)));
        Assert.That(TrainingCompute.Distillation(config, config, window), Is.EqualTo(4 * TrainingCompute.Forward(config, window)));
    }
}
