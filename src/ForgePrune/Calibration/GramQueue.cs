using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>Sums one Gram after the other on the available devices. While one is read back and written, another device sums the next.</summary>
internal sealed class GramQueue(IPruningDevice device) : IDisposable
{
    private readonly Task?[] writing = new Task?[device.Members.Count];
    private GramAccumulator? current;
    private int next;

    /// <summary>Begins the next Gram on a device that has finished its previous one.</summary>
    public GramAccumulator Begin(int cols)
    {
        Wait(next);
        return current = new GramAccumulator(cols, device.Members[next]);
    }

    /// <summary>Ends the Gram that was begun last. With a single device it is written on return.</summary>
    public void Finish(Action<GramStatistics> write)
    {
        var stream = current!;
        current = null;
        if (writing.Length == 1)
            Write();
        else
            writing[next] = Task.Run(Write);
        next = (next + 1) % writing.Length;

        void Write()
        {
            using (stream)
                write(stream.Finish());
        }
    }

    /// <summary>Waits until all are written.</summary>
    public void Complete()
    {
        // The oldest first: of several faults the first one counts.
        for (var i = 0; i < writing.Length; i++)
            Wait((next + i) % writing.Length);
    }

    /// <summary>Waits as well, without throwing: another exception is on its way already.</summary>
    public void Dispose()
    {
        foreach (var task in writing)
            task?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        current?.Dispose();
    }

    private void Wait(int member)
    {
        var task = writing[member];
        writing[member] = null;
        task?.GetAwaiter().GetResult();
    }
}
