using ForgePrune.Latency;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Two models timed in turn.</summary>
/// <param name="A">Seconds of the turns of the first model.</param>
/// <param name="B">Seconds of the turns of the second, each beside the turn of A with the same indices.</param>
/// <param name="SpeedUp">How many times as long A takes as B.</param>
public sealed record AbResult(Phase Phase, ModelTurns A, ModelTurns B, RatioEstimate SpeedUp);

/// <summary>Times two models in one process, turn by turn, as <see cref="RotationBench"/> does several.</summary>
public static class AbBench
{
    /// <param name="openA">Opens the first model, each time it is called; what it opens is closed here.</param>
    /// <param name="openB">Opens the second.</param>
    /// <param name="settings">The use that is timed.</param>
    /// <inheritdoc cref="RotationBench.Run"/>
    public static (AbResult Prefill, AbResult Decode) Run(Func<IServedDecoder> openA, Func<IServedDecoder> openB, TimingSettings settings,
        double maxSeconds = 30, double precision = 0.01, IProgress<double>? progress = null)
    {
        var turns = RotationBench.Run([openA, openB], settings, maxSeconds, precision, progress);
        return (Of(Phase.Prefill), Of(Phase.Decode));

        AbResult Of(Phase phase) => AbBench.Of(phase, turns.Of(phase)[0], turns.Of(phase)[1]);
    }

    internal static AbResult Of(Phase phase, ModelTurns a, ModelTurns b) => new(phase, a, b, RatioEstimate.Of(a, b));
}
