namespace ForgePrune.Benchmarks;

/// <summary>What a benchmark computes: every one checks its answer in its set-up, and counts the useful operations of a call.</summary>
public interface IOperation
{
    /// <summary>Useful floating-point operations of one call.</summary>
    double Operations { get; }
}
