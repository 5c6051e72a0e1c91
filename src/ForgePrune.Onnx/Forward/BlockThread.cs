using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>The one thread that calls block sessions. ONNX Runtime treats denormals as zero on the thread that makes the first such session
/// of a process, and never resets it. On a thread of ours that would spoil .NET's own vector code: it compares lane indices as floating
/// point numbers, and small integers are denormals. So that session is made here, and nothing else runs here.</summary>
internal static class BlockThread
{
    private static readonly BlockingCollection<Action> Calls = [];
    private static readonly Lazy<Thread> Worker = new(Start);

    /// <summary>Claims the process-wide setting for this thread: to be called before any other session is made.</summary>
    public static void Claim() => _ = Worker.Value;

    public static SessionOptions DenormalsAsZero(SessionOptions options)
    {
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return options;
    }

    /// <summary>Runs <paramref name="call"/> on the thread and waits; its exception is thrown here.</summary>
    public static T Invoke<T>(Func<T> call)
    {
        Claim();
        var result = default(T);
        ExceptionDispatchInfo? fault = null;
        using var done = new ManualResetEventSlim();
        Calls.Add(() =>
        {
            try
            {
                result = call();
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
            }

            done.Set();
        });
        done.Wait();
        fault?.Throw();
        return result!;
    }

    private static Thread Start()
    {
        using var ready = new ManualResetEventSlim();
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                ClaimHere();
            }
            catch (Exception e)
            {
                fault = ExceptionDispatchInfo.Capture(e);
            }

            ready.Set();
            foreach (var call in Calls.GetConsumingEnumerable())
                call();
        })
        {
            IsBackground = true,
            Name = "ONNX Runtime blocks",
        };
        thread.Start();
        ready.Wait();
        fault?.Throw();
        return thread;
    }

    private static void ClaimHere()
    {
        var graph = new OnnxGraph("claim");
        graph.Input("x", OnnxType.Float, 1);
        graph.Node("Identity", "", ["x"], ["y"]);
        graph.Output("y", OnnxType.Float, 1);
        using var options = DenormalsAsZero(new SessionOptions());
        using var session = new InferenceSession(graph.ToBytes(), options);
    }
}
