using ForgePrune.Kernels;
using ForgePrune.Progress;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Counts the threads that compute at the same time, stage by stage. Work belongs to the stage that reports next.</summary>
internal sealed class WorkCount : IProgressReport, IWorkWatch, IDisposable
{
    // A second thread that has not come by then is not coming.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock entry = new();
    private readonly Dictionary<int, int> working = [];
    private int most;

    public WorkCount() => Workers.Watch = this;

    public Dictionary<string, int> Most { get; } = [];

    public List<string> Notes { get; } = [];

    public void Begin(int threads)
    {
        var self = Environment.CurrentManagedThreadId;
        lock (entry)
        {
            working[self] = working.GetValueOrDefault(self) + 1;
            most = Math.Max(most, working.Count);
        }

        // Short work may be over before the next thread has woken: wait for it, once in a stage.
        if (threads > 1 && Volatile.Read(ref most) < threads)
            SpinWait.SpinUntil(() => Volatile.Read(ref most) >= threads, Patience);
    }

    public void End()
    {
        var self = Environment.CurrentManagedThreadId;
        lock (entry)
            if (--working[self] == 0)
                working.Remove(self);
    }

    public void Report(string stage, long done, long total, string message = "")
    {
        lock (entry)
        {
            if (most > 0)
                Most[stage] = Math.Max(Most.GetValueOrDefault(stage), most);
            most = 0;
        }
    }

    public void Note(string message) => Notes.Add(message);

    public void Dispose() => Workers.Watch = null;
}
