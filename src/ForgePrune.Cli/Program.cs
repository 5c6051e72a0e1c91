using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Search.Costs;

namespace ForgePrune.Cli;

/// <summary>The one place that turns faults into exit codes and single lines on stderr.</summary>
internal static class Program
{
    private const int TargetNotMet = 1, BadInput = 2, Broken = 3, Interrupted = 130;

    private static int Main(string[] args)
    {
        // The process is ours alone, and its memory is a promise of the plan that a run prints.
        LargeArrays.Collects = true;
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
            return Fail(fault, OptionNames.Spell(fault.Message), ExitCode(fault));
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
            return Fail(fault, $"unexpected fault: {fault.GetType().Name}: {fault.Message}; set FORGEPRUNE_DEBUG=1 for the trace", Broken);
        }
    }

    private static int ExitCode(ForgePruneException fault) => fault switch
    {
        TargetNotMetException => TargetNotMet,
        BadInputException => BadInput,
        _ => Broken,
    };

    private static int Fail(Exception fault, string sentence, int exitCode)
    {
        // One line whatever the message holds: scripts read stderr by lines.
        Console.Error.WriteLine("forgeprune: " + string.Join(' ', sentence.Split(['\r', '\n'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        if (Environment.GetEnvironmentVariable("FORGEPRUNE_DEBUG") == "1")
            Console.Error.WriteLine(fault);
        return exitCode;
    }
}
