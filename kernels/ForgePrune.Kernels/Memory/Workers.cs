namespace ForgePrune.Kernels;

/// <summary>Runs numbered pieces of work on a fixed number of threads; the caller's thread is one of them.</summary>
internal static class Workers
{
    /// <summary>0 stands for all processors.</summary>
    public static int Count(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        return threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>
    /// Calls <paramref name="body"/> once for each index below <paramref name="count"/>. Which thread takes a piece is left to chance,
    /// so a piece must not depend on another: that is what keeps results equal for every number of threads.
    /// </summary>
    public static void For(int count, int threads, Action<int> body)
    {
        var workers = Math.Min(Count(threads), count);
        if (workers <= 1)
        {
            for (var index = 0; index < count; index++)
                body(index);
            return;
        }
        var next = -1;
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
        {
            for (int index; (index = Interlocked.Increment(ref next)) < count;)
                body(index);
        });
    }
}
