using System.Runtime.ExceptionServices;

namespace ForgePrune.Kernels;

/// <summary>Runs numbered pieces of work on a fixed number of threads; the caller's thread is one of them.</summary>
internal static class Workers
{
    /// <summary>Sees every thread that takes part in anything here; for tests that count them.</summary>
    internal static IWorkWatch? Watch { get; set; }

    /// <summary>0 stands for all processors.</summary>
    internal static int Count(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        return threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>
    /// Calls <paramref name="body"/> once for each index below <paramref name="count"/>. Which thread takes a piece is left to chance,
    /// so a piece must not depend on another: that is what keeps results equal for every number of threads.
    /// </summary>
    /// <param name="threads">The most that work at the same time; 0 stands for all processors.</param>
    public static void For(int count, int threads, Action<int> body)
    {
        var workers = Math.Min(Count(threads), count);
        if (workers <= 1)
        {
            Watch?.Begin(1);
            for (var index = 0; index < count; index++)
                body(index);
            Watch?.End();
            return;
        }
        var next = -1;
        try
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
            {
                Watch?.Begin(workers);
                for (int index; (index = Interlocked.Increment(ref next)) < count;)
                    body(index);
                Watch?.End();
            });
        }
        catch (AggregateException failures)
        {
            // The error that one thread alone would have met, so that callers see the same for every number of threads.
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }
}

/// <summary>Is told by each thread when it begins to work and when it ends.</summary>
internal interface IWorkWatch
{
    /// <param name="threads">That may work on it at the same time, this one among them.</param>
    void Begin(int threads);

    void End();
}
