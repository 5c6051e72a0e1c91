using ForgePrune.Model;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Refit;

internal static class Distances
{
    /// <summary>Squared distance of the last residual streams of <paramref name="model"/> and the dense model, on the calibration tokens.</summary>
    public static double Between(SyntheticCalibration run, IDecoderModel model) =>
        run.Forward(run.Model).Values.Zip(run.Forward(model).Values).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
}
