namespace ForgePrune.Tests.Calibration;

/// <summary>Breaks work off at a report, as a signal does.</summary>
internal sealed class StopAfter(int reports) : IProgress<double>
{
    private int heard;

    public void Report(double value)
    {
        if (++heard == reports)
            throw new OperationCanceledException();
    }
}
