using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Quantization;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Calibration;

public sealed class SequentialCalibrationTests
{
    [Test]
    public void Raised_damping_is_kept_with_its_projection([Values] bool refuses)
    {
        using var run = new SyntheticCalibration(seed: 5);
        var calls = 0;
        var walk = new SequentialCalibration<Matrix>(run.Model, run.Runner, run.Windows, (weights, _) => weights, made => made, default,
            (hessian, cols, threads) =>
            // The third one is that of gate and up.
            ++calls == 3 && refuses ? throw new NotPositiveDefiniteException("The Hessian", 0) : InverseFactor.Of(hessian, cols, threads));
        walk.Layer(0, run.Model.ReadLayer(0));
        Assert.That(walk.RaisedDamping.Select(raised => (raised.Matrix, raised.Asked, raised.Used)),
            refuses ? Is.EqualTo(new[] { ("layer 0 gate/up_proj", 0.01, 0.1) }) : Is.Empty);
    }
}
