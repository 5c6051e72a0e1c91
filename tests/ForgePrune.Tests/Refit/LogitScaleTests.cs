using ForgePrune.Evaluation;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Refit;

public sealed class LogitScaleTests
{
    private const int Seed = 29;

    [Test]
    public void A_norm_that_was_scaled_is_scaled_back([Values(0.4, 1, 1.7, 3)] double wrong, [Values(null, 5.0)] double? cap)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(ffn: 24) with { LogitCap = cap });
        using var scaled = new LogitScale(wrong, 0).Apply(run.Model);
        var fitted = LogitScale.Fit(scaled, run.Model, run.Runner, run.Windows);
        // Newton stops at a step of a thousandth.
        Assert.That(fitted.Factor * wrong, Is.EqualTo(1).Within(2e-3));
        // Float32 rounding of cross entropies of order 10.
        Assert.That(fitted.Kl, Is.EqualTo(0).Within(1e-5));
    }

    [Test]
    public void The_factor_beats_its_neighbours_and_reports_the_divergence_of_the_model_it_makes([Values(null, 5.0)] double? cap)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(ffn: 24) with { LogitCap = cap });
        using var other = Noisy(run.Model);
        var fitted = LogitScale.Fit(other, run.Model, run.Runner, run.Windows);
        using var made = fitted.Apply(other);
        if (cap is null)
            Assert.That(fitted.Factor, Is.LessThan(1), "noise makes a model surer than it may be");
        Assert.That(Kl(made), Is.EqualTo(fitted.Kl).Within(1e-5));
        foreach (var factor in new[] { 0.9, 1.1 })
        {
            using var neighbour = new LogitScale(fitted.Factor * factor, 0).Apply(other);
            Assert.That(Kl(neighbour), Is.GreaterThan(fitted.Kl));
        }

        double Kl(IDecoderModel model) => ModelEvaluation.Run(model, run.Runner, run.Windows, run.Model).Kl!.Value;
    }

    /// <summary>The model with a final norm that mixes up the coordinates a little.</summary>
    private static InMemoryModel Noisy(InMemoryModel model)
    {
        var random = new Random(Seed);
        float[] norm = [.. model.ReadFinalNorm().Select(weight => weight * (1 + 2 * (random.NextSingle() - 0.5f)))];
        return new InMemoryModel(model.Config, model.ReadLayer, model.ReadEmbedding(), norm, model.Config.TiedEmbeddings ? null : model.ReadHead());
    }
}
