namespace ForgePrune.Perf.Results;

/// <summary>One operation beside another way to its result, both timed in one run.</summary>
/// <param name="Against">The other way.</param>
/// <param name="Ours">Median, milliseconds.</param>
/// <param name="Theirs">Median, milliseconds.</param>
/// <param name="Rate">Useful GFLOP/s of ours.</param>
/// <param name="Roof">GFLOP/s of multiply-adds on registers, measured in the same run with as many threads.</param>
internal sealed record PerfRow(string Operation, string Against, int Threads, double Ours, double Theirs, double Rate, double Roof)
{
    /// <summary>How many times faster ours is.</summary>
    public double Ratio => Theirs / Ours;

    public double ShareOfRoof => Rate / Roof;
}
