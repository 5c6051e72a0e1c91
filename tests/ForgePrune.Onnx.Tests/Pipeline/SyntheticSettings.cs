using ForgePrune.Methods;
using ForgePrune.Pipeline;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Settings of a run that is over in a moment, on what <see cref="SyntheticRun"/> wrote into a folder.</summary>
internal static class SyntheticSettings
{
    /// <param name="name">The run folder, inside the folder.</param>
    public static PruneSettings Of(TemporaryFolder folder, string name) => new()
    {
        Model = folder["model"],
        Out = folder[name],
        Target = new Target(Metric.Prunable, 0.5),
        Calibration = folder["text.bin"],
        Tokens = SyntheticRun.Window * SyntheticRun.Windows,
        Window = SyntheticRun.Window,
        Method = MethodCatalog.Default,
        Seed = 7,
        Threads = 1,
        Workload = new Workload(1, 16, 16),
        Quick = true,
        TimingSeconds = 1,
    };
}
