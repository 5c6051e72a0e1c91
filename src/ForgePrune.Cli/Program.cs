using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Search.Costs;

namespace ForgePrune.Cli;

/// <summary>The one place that turns faults into exit codes and single lines on stderr.</summary>
internal static class Program
{
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
            return Fail(fault, OptionNames.Spell(fault.Message), CodeOf(fault));
        }
        catch (UnknownImplementationException fault)
        {
            return Fail(fault, fault.Message, ExitCode.BadInput);
        }
        catch (OperationCanceledException fault)
        {
            return Fail(fault, "stopped; the state is kept, run the same command to resume", ExitCode.Interrupted);
        }
        catch (Exception fault)
        {
            return Fail(fault, $"unexpected fault: {fault.GetType().Name}: {fault.Message.TrimEnd('.')}; set FORGEPRUNE_DEBUG=1 for the trace", ExitCode.Broken);
        }
    }

    private static int CodeOf(ForgePruneException fault) => fault switch
    {
        TargetNotMetException => ExitCode.TargetNotMet,
        BadInputException => ExitCode.BadInput,
        _ => ExitCode.Broken,
    };

    private static int Fail(Exception fault, string sentence, int exitCode)
    {
        // One line whatever the message holds, and without a period: scripts read stderr by lines.
        Console.Error.WriteLine("forgeprune: " + string.Join(' ', sentence.Split(['\r', '\n'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).TrimEnd('.'));
        if (Environment.GetEnvironmentVariable("FORGEPRUNE_DEBUG") == "1")
            Console.Error.WriteLine(fault);
        return exitCode;
    }
}
