using System.Diagnostics;
using System.Runtime.InteropServices;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Jobs;

/// <summary>Runs a plan with several processes of this machine. A worker that fails is started once more; what is missing after that is made by the process
/// that collects.</summary>
internal sealed class LocalJobs(Session session, string run, int workers)
{
    public int Run(IReadOnlyList<PartStage> stages)
    {
        foreach (var stage in stages)
        {
            if (Collect("--before", stage.Name) is not 0 and var fault)
                return fault;
            Work(stage.Name);
        }

        return Collect();
    }

    private int Collect(params string[] more) => Wait([Start(["jobs", "collect", run, .. more])])[0];

    private void Work(string stage)
    {
        var wanted = StageState.Of(run, stage, done: false).Wanted(workers);
        for (var attempt = 0; attempt < 2 && wanted.Count > 0; attempt++)
        {
            var codes = Wait([.. wanted.Select(part => Start(["jobs", "work", run, "--stage", stage, "--part", $"{part}/{workers}"]))]);
            wanted = [.. wanted.Zip(codes).Where(pair => pair.Second != 0).Select(pair => pair.First)];
        }

        if (wanted.Count > 0)
            Console.Error.WriteLine($"{stage}: {wanted.Count} of {workers} workers failed twice; the items they lack are made while the run is collected");
    }

    private static Process Start(string[] words) => Process.Start(new ProcessStartInfo(OwnTool.Words[0], OwnTool.Words.Skip(1).Concat(words)))
        ?? throw new BrokenEnvironmentException($"{OwnTool.Words[0]} cannot be started");

    /// <summary>Asked to stop, it asks the processes to: each leaves a state that resumes.</summary>
    private int[] Wait(Process[] processes)
    {
        try
        {
            // Ctrl-C reaches them from the terminal; a second signal would end them at once.
            using var stopping = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Array.ForEach(processes, Terminate));
            foreach (var process in processes)
                process.WaitForExit();
            session.Stop.ThrowIfCancellationRequested();
            int[] codes = [.. processes.Select(process => process.ExitCode)];
            return codes.Contains(ExitCode.Interrupted) ? throw new OperationCanceledException() : codes;
        }
        finally
        {
            foreach (var process in processes)
                process.Dispose();
        }
    }

    private static void Terminate(Process process)
    {
        if (!process.HasExited)
            Signals.Terminate(process.Id);
    }
}
