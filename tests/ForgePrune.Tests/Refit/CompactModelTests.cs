using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Refit;

public sealed class CompactModelTests
{
    private const int Seed = 16;

    private static readonly LayerShape[] Shapes =
        [new(2, 4, 24), new(2, 2, 7), new(1, 2, 24), new(1, 1, 1), new(0, 0, 5), new(2, 4, 0), new(0, 0, 0)];

    [Test]
    public void The_masked_original_says_what_the_compacted_model_says([Values] bool affine, [Values] bool biases)
    {
        var config = SyntheticModels.Config(ffn: 24);
        using var run = new SyntheticCalibration(Seed, config with
        {
            QkvBias = biases,
            OutputBias = biases,
            GateUpBias = biases,
            DownBias = biases,
            QkNorm = biases
        });
        var source = LevelSource.Refitting(run.Model, run.Levels(new LevelOptions(Affine: affine)), run.Grams, 1 << 30, device: new CpuDevice(2));
        for (var i = 0; i < Shapes.Length; i++)
        {
            var plan = new Plan([Shapes[i], Shapes[(i + 3) % Shapes.Length]]);
            using var compact = CompactModel.Build(run.Model, plan, source);
            using var masked = MaskedModel.Build(run.Model, compact, source);
            Assert.That(masked.Config.Layers, Is.EqualTo(run.Model.Config.Layers));
            var (expected, actual) = (run.Forward(masked).Values, run.Forward(compact).Values);

            // Both sum the same products in float64; only the zeros differ, then each block rounds to float32.
            Assert.That(actual, Is.EqualTo(expected).Within(1e-5), $"plan {i}");
        }
    }

    [Test]
    public void Config_and_tensors_agree_for_every_shape([Values] bool affine)
    {
        using var run = new SyntheticCalibration(Seed);
        var source = LevelSource.Refitting(run.Model, run.Levels(new LevelOptions(Affine: affine)), run.Grams, 1 << 30, device: new CpuDevice(2));
        foreach (var shape in Shapes)
        {
            using var compact = CompactModel.Build(run.Model, new Plan([shape, Shapes[0]]), source);
            Assert.That(compact.Config.OutputBias, Is.EqualTo(affine));
            foreach (var (spec, values) in ModelTensors.Read(compact))
                Assert.That(values.LongLength, Is.EqualTo(spec.Elements), $"{spec}");
        }
    }

    [Test]
    public void The_dense_plan_is_the_dense_model()
    {
        using var run = new SyntheticCalibration(Seed);
        var source = LevelSource.Refitting(run.Model, run.Levels(), run.Grams, 1 << 30, device: new CpuDevice(2));
        using var compact = CompactModel.Build(run.Model, new Plan(run.Model.Config.Layers), source);
        Assert.That(compact.ContentHash, Is.EqualTo(run.Model.ContentHash));
    }

    [Test]
    public void Refitted_levels_come_closer_to_the_dense_outputs_than_gathered_ones()
    {
        using var run = new SyntheticCalibration(Seed);
        var levels = run.Levels();
        var plan = new Plan([new(1, 2, 12), new(2, 2, 12)]);
        using var refitted = CompactModel.Build(run.Model, plan, LevelSource.Refitting(run.Model, levels, run.Grams, 0, device: new CpuDevice(2)));
        using var gathered = CompactModel.Build(run.Model, plan, LevelSource.Gathering(run.Model, levels, 0));
        Assert.That(Distances.Between(run, refitted), Is.LessThan(Distances.Between(run, gathered)));
    }
}
