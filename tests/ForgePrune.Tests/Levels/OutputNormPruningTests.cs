using ForgePrune.Calibration;
using ForgePrune.Evaluation;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Perf;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Levels;

/// <summary>What the loss behind norms gives, beside the plain squared error of the projections, on made models with norms that are far from even.</summary>
public sealed class OutputNormPruningTests
{
    private const int Seeds = 6, Tokens = 24, Fitting = 24, Judging = 8;

    [Test]
    public void The_same_plan_diverges_less_than_by_the_squared_error_of_the_projections()
    {
        double plainSum = 0, weighedSum = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var folder = new TemporaryFolder();
            using var dense = Uneven(seed);
            using var runner = new PlainBlockRunner(dense.Config);
            var (fitting, judging) = (Windows(Fitting, seed), Windows(Judging, seed + 100));
            var device = new CpuDevice(2);
            var plan = new Plan([.. dense.Config.Layers.Select(_ => new LayerShape(1, 2, 24))]);

            Directory.CreateDirectory(folder["grams"]);
            var grams = new GramFolder(folder["grams"], Calibrator.Source(dense, fitting));
            Calibrator.Run(dense, runner, fitting, grams.Path, device);
            var weighed = Kl(grams, LevelBuilder.Run(dense, grams, new LevelOptions(), folder["levels"], device));
            var unweighed = new PlainGrams(dense, runner, fitting);
            var plain = Kl(unweighed, unweighed.Levels(dense, device));
            TestContext.Out.WriteLine($"seed {seed}: KL {plain:F4} by the squared error, {weighed:F4} behind norms");
            (plainSum, weighedSum) = (plainSum + plain, weighedSum + weighed);

            double Kl(IGramSource source, LevelDatabase levels)
            {
                using var pruned = CompactModel.Build(dense, plan, LevelSource.Refitting(dense, levels, source, 1 << 26, device));
                return ModelEvaluation.Run(pruned, runner, judging, dense).Kl!.Value;
            }
        }

        TestContext.Out.WriteLine($"mean: KL {plainSum / Seeds:F4} by the squared error, {weighedSum / Seeds:F4} behind norms");
        Assert.That(weighedSum, Is.LessThan(plainSum));
    }

    /// <summary>Weights of norms behind blocks between a tenth and ten.</summary>
    private static InMemoryModel Uneven(int seed)
    {
        var made = SyntheticModels.Random(
            SyntheticFamilies.Of(SyntheticModels.Config(layers: 3))["gemma2"] with { LogitCap = null, TiedEmbeddings = false }, seed);
        var random = new Random(seed);
        LayerWeights[] layers = [.. Enumerable.Range(0, 3).Select(made.ReadLayer).Select(layer => layer with
        {
            Attention = layer.Attention! with { PostNorm = Spread(layer.Attention.PostNorm!) },
            Mlp = layer.Mlp! with { PostNorm = Spread(layer.Mlp.PostNorm!) },
        })];
        return new(made.Config, layers, made.ReadEmbedding(), made.ReadFinalNorm(), made.ReadHead());

        float[] Spread(float[] norm) => Array.ConvertAll(norm, weight => (float)(weight * Math.Pow(10, (2 * random.NextDouble()) - 1)));
    }

    private static TokenWindows Windows(int count, int seed)
    {
        var random = new Random(seed);
        return new(Tokens, [.. Enumerable.Range(0, count * Tokens).Select(_ => random.Next(64))]);
    }
}
