using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Jobs;

/// <summary>A plan as jobs of Slurm: an array of workers for each stage, and between the arrays a collector, of which never two run at once.</summary>
internal sealed class SlurmJobs(string run, JobPlan plan, ClusterSettings settings, int workers)
{
    private const string ScriptName = "slurm.sh", SubmitName = "submit-slurm.sh";

    private string Folder => PartPlan.FolderOf(run);

    public int Submit(IReadOnlyList<PartStage> stages, bool print)
    {
        var submit = Submission(stages);
        if (print)
        {
            Console.Out.Write($"# {Path.Combine(Folder, ScriptName)}\n{Script()}\n# {Path.Combine(Folder, SubmitName)}\n{submit}");
            return 0;
        }

        Directory.CreateDirectory(Path.Combine(Folder, "logs"));
        AtomicFile.WriteText(Path.Combine(Folder, ScriptName), Script());
        AtomicFile.WriteText(Path.Combine(Folder, SubmitName), submit);
        SubmitScript.Run(Path.Combine(Folder, SubmitName), $"sbatch refused a job (see above); {Path.Combine(Folder, SubmitName)} holds all commands");
        return 0;
    }

    /// <summary>The batch script of every job. Whatever the user names stands in it once, quoted.</summary>
    internal string Script() => $$"""
        #!/bin/bash
        # forgeprune jobs: the words after the script's name are those after "forgeprune jobs".
        set -u
        run={{ShellWords.Quoted(run)}}
        tool=({{string.Join(' ', OwnTool.Words.Select(ShellWords.Quoted))}})
        # The same when the job is queued again: by then its last start has ended.
        export FORGEPRUNE_JOB="slurm-$SLURM_JOB_ID" DOTNET_CLI_TELEMETRY_OPTOUT=1
        verb=$1; shift
        "${tool[@]}" jobs "$verb" "$run" "$@" &
        work=$!
        # A minute before the time limit, at a preemption, and where somebody cancels.
        asked=
        trap 'asked=1; kill -TERM $work 2>/dev/null' TERM
        wait $work; code=$?
        # A signal ends the first wait, not the work; 127 says that there is nothing left to wait for.
        if [ -n "$asked" ]; then wait $work 2>/dev/null; last=$?; [ $last = 127 ] || code=$last; fi
        # Stopped in good order: the next start goes on. A cancelled job is no longer running, and stays away.
        if [ $code = 130 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ] && [ "$(squeue -h -j $SLURM_JOB_ID -o %T 2>/dev/null)" = RUNNING ]; then
          scontrol requeue $SLURM_JOB_ID
          sleep 60
        fi
        exit $code

        """.ReplaceLineEndings("\n");

    /// <summary>One sbatch for each job, each after the one before.</summary>
    internal string Submission(IReadOnlyList<PartStage> stages)
    {
        // Slurm reads percent signs in the names of logs.
        var logs = Folder.Replace("%", "%%", StringComparison.Ordinal) + "/logs";
        var lines = new List<string> { "#!/bin/bash", "set -eu", $"folder={ShellWords.Quoted(Folder)}", $"logs={ShellWords.Quoted(logs)}" };
        var last = "";
        foreach (var stage in stages)
        {
            var wanted = StageState.Of(run, stage.Name, done: false).Wanted(workers);
            // What is there needs no array; where all is there, its collector makes the next stage known.
            Add($"collect --before {stage.Name}", settings.Memory ?? plan.CollectorBytes, "collect", "");
            if (wanted.Count > 0)
                Add($"work --stage {stage.Name} --part {workers}", settings.Memory ?? plan.WorkerBytes, stage.Name, $"--array={Ranges(wanted)} ");
        }

        Add("collect", settings.Memory ?? plan.CollectorBytes, "collect", "");
        lines.Add($"echo \"the last job is ${last}\"");
        return string.Join('\n', lines) + "\n";

        void Add(string words, long memory, string kind, string array)
        {
            string[] after = [.. ((string?[])[last.Length > 0 ? $"afterok:${last}" : null, kind == "collect" ? "singleton" : null]).OfType<string>()];
            var name = $"job{lines.Count}";
            lines.Add(
                $"{name}=$(sbatch --parsable --job-name=forgeprune-{Id()}-{kind} {array}{(after.Length > 0 ? $"--dependency={string.Join(',', after)} " : "")}"
                + "--requeue --open-mode=append --kill-on-invalid-dep=yes --signal=B:TERM@60 --nodes=1 --ntasks=1 "
                // Times count, and neighbors would change them.
                + (kind == "collect" && plan.Timed ? "--exclusive " : "")
                + $"--cpus-per-task={plan.Threads} --mem={Mebibytes(memory)}M "
                + $"{Optional("partition", settings.Partition)}{Optional("account", settings.Account)}{Optional("constraint", settings.Constraint)}"
                + $"{(settings.Time is { } time ? $"--time={Math.Ceiling(time.TotalMinutes).ToString(CultureInfo.InvariantCulture)} " : "")}"
                + $"--output=\"$logs/%x-{(array.Length > 0 ? "%A_%a" : "%j")}.log\" \"$folder/{ScriptName}\" {words}); {name}=${"{"}{name}%%;*{"}"}");
            last = name;
        }
    }

    /// <summary>Names the run's jobs among all others of the user.</summary>
    private string Id() => ManifestHash.OfText(run)[..8];

    private static string Optional(string name, string? value) => value is null ? "" : $"--{name}={ShellWords.Quoted(value)} ";

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    /// <summary>As Slurm writes them, such as 1-3,7.</summary>
    internal static string Ranges(IReadOnlyList<int> numbers)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in numbers)
        {
            if (ranges.Count > 0 && ranges[^1].Last == number - 1)
                ranges[^1] = (ranges[^1].First, number);
            else
                ranges.Add((number, number));
        }

        return string.Join(',', ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));
    }
}
