using ForgePrune.Errors;
using ForgePrune.Kernels;

namespace ForgePrune.Cli;

/// <summary>The one place that turns faults into exit codes and single lines on stderr.</summary>
internal static class Program
{
    private const int Interrupted = 130, BadInput = 2, Unexpected = 3;

    private static int Main(string[] args)
    {
        StandardStreams.Guard();
        using var stop = new StopSignal();
        try
        {
            // A name that forces no implementation is found before any work starts.
            _ = Implementations.Current;
            return CommandTree.Run(args, new Session(stop.Token));
        }
        catch (ForgePruneException fault)
        {
            return Fail(fault, fault.Message, fault.ExitCode);
        }
        catch (UnknownImplementationException fault)
        {
            return Fail(fault, fault.Message, BadInput);
        }
        catch (OperationCanceledException fault)
        {
            return Fail(fault, "stopped; the state is kept, run the same command to resume", Interrupted);
        }
        catch (Exception fault)
        {
            return Fail(fault, $"unexpected fault: {fault.GetType().Name}: {fault.Message}; set FORGEPRUNE_DEBUG=1 for the trace", Unexpected);
        }
    }

    private static int Fail(Exception fault, string sentence, int exitCode)
    {
        // One line whatever the message holds: scripts read stderr by lines.
        Console.Error.WriteLine("forgeprune: " + string.Join(' ', sentence.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        if (Environment.GetEnvironmentVariable("FORGEPRUNE_DEBUG") == "1")
            Console.Error.WriteLine(fault);
        return exitCode;
    }
}
