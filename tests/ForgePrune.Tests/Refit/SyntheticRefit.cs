using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Refit;

/// <summary>The final refit of a small model, in the folder of its calibration.</summary>
internal static class SyntheticRefit
{
    public const int Seed = 17;

    /// <summary>About half of both layers.</summary>
    public static Plan Half { get; } = new([new(1, 2, 12), new(2, 2, 10)]);

    public static RefittedModel Run(SyntheticCalibration run, Plan plan, FinalRefitOptions options) =>
        FinalRefit.Run(run.Model, run.Model.Config with { Layers = plan.Layers }, run.Levels(), run.Runner, run.Windows, options, run.Folder("refit"),
            device: new CpuDevice(2));

    /// <summary>Name and bytes of every file.</summary>
    public static (string, string)[] Files(string folder) => [.. Directory.GetFiles(folder).Order()
        .Select(path => (Path.GetFileName(path), Convert.ToHexString(File.ReadAllBytes(path))))];
}
