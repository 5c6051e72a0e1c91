using ForgePrune.Latency;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Times two models that do not fit into memory together, each alone: A, then B, then A again. What changes steadily meanwhile
/// meets both alike; what comes and goes does not, so the interval may be too narrow on a busy machine.</summary>
public static class AloneBench
{
    /// <summary>Turns of one visit. B is visited twice in a row, which is one loading.</summary>
    private const int PrefillTurns = 4, DecodeTurns = 8;

    /// <param name="openA">Opens the first model; this method closes it.</param>
    /// <param name="openB">Opens the second.</param>
    /// <param name="progress">Told the share that is done, 0 to 1; what it throws ends the timing.</param>
    public static (AbResult Prefill, AbResult Decode) Run(
        Func<IServedDecoder> openA, Func<IServedDecoder> openB, TimingSettings settings, IProgress<double>? progress = null)
    {
        var first = Visit(openA, settings, 1);
        progress?.Report(0.25);
        var middle = Visit(openB, settings, 2);
        progress?.Report(0.75);
        var last = Visit(openA, settings, 1);
        progress?.Report(1);
        return (AbBench.Of(Phase.Prefill, new([first.Prefill, last.Prefill]), Halves(middle.Prefill)),
            AbBench.Of(Phase.Decode, new([first.Decode, last.Decode]), Halves(middle.Decode)));
    }

    private static (double[] Prefill, double[] Decode) Visit(Func<IServedDecoder> open, TimingSettings settings, int visits)
    {
        using var decoder = open();
        return (Seconds(decoder, Phase.Prefill, settings, visits * PrefillTurns), Seconds(decoder, Phase.Decode, settings, visits * DecodeTurns));
    }

    private static double[] Seconds(IServedDecoder decoder, Phase phase, TimingSettings settings, int turns)
    {
        using var timer = new ModelTimer(decoder, phase, settings);
        timer.Turn();
        var seconds = new double[turns];
        for (var turn = 0; turn < turns; turn++)
            seconds[turn] = timer.Turn();
        return seconds;
    }

    /// <summary>Each beside one visit of A.</summary>
    private static ModelTurns Halves(double[] seconds) => new([seconds[..(seconds.Length / 2)], seconds[(seconds.Length / 2)..]]);
}
