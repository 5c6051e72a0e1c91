using ForgePrune.Cli.Jobs;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>Jobs of a real Slurm. They mostly wait, one test after the other, and tests of other classes compute meanwhile.</summary>
[Parallelizable(ParallelScope.Self)]
[Category("EndToEnd")]
[Category("Slow")]
public sealed class SlurmTests
{
    private const int Layers = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Test]
    public void A_run_over_three_nodes_has_the_bytes_of_one_process()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Submit(cluster, folder);
        Finish(cluster, folder);
    }

    [Test]
    public void A_node_that_dies_in_mid_task_loses_the_item_and_the_run_goes_on()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Submit(cluster, folder);
        Assert.That(SlurmCluster.Until(Patience, () => Working(folder).Length > 0), () => Said(cluster, folder));
        cluster.KillNode(1);
        TestContext.Out.WriteLine($"n1 killed while {string.Join(", ", Working(folder))}");
        Thread.Sleep(TimeSpan.FromSeconds(2));
        cluster.StartNode(1);
        Finish(cluster, folder);
    }

    [Test]
    public void A_worker_that_is_killed_ends_the_chain_and_a_second_submit_makes_the_rest()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Submit(cluster, folder);
        Assert.That(SlurmCluster.Until(Patience, () => Working(folder).Length > 0), () => Said(cluster, folder));
        TestContext.Out.WriteLine($"{cluster.KillTool()} processes killed while {string.Join(", ", Working(folder))}");
        Assert.That(cluster.IsIdleWithin(Patience), () => Said(cluster, folder));
        Submit(cluster, folder);
        Finish(cluster, folder);
    }

    /// <summary>As after a fault of the network: the node is given up, its task begins on another one, and then the first copy goes on.</summary>
    [Test]
    public void A_task_that_runs_twice_at_once_leaves_the_same_bytes()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Submit(cluster, folder);
        int[] lost = [];
        Assert.That(SlurmCluster.Until(Patience, () => Enumerable.Range(1, 3).Any(Lose)), () => Said(cluster, folder));
        // The note of a worker names its share before its process.
        bool IsTwice() => Working(folder).GroupBy(note => note[..note.IndexOf(" on ", StringComparison.Ordinal)]).Any(share => share.Count() > 1);
        var twice = SlurmCluster.Until(TimeSpan.FromMinutes(2), IsTwice);
        TestContext.Out.WriteLine($"{(twice ? "twice" : "not twice")}: {string.Join(", ", Working(folder))}");
        SlurmCluster.Wake(lost);
        Finish(cluster, folder);
        Assert.That(twice, "the task was begun anew while its first copy stood still");

        bool Lose(int node)
        {
            lost = cluster.Freeze(node);
            if (Working(folder).Any(note => lost.Any(id => note.EndsWith($"-{id}", StringComparison.Ordinal))))
            {
                cluster.KillDaemon(node);
                return true;
            }

            SlurmCluster.Wake(lost);
            return false;
        }
    }

    [Test]
    public void The_runs_of_a_comparison_are_an_array()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        var start = Tool.StartInfo(folder, CompareTests.Words("--part", "3"));
        var script = $"cd {ShellWords.Quoted(folder.Path)}; XDG_CACHE_HOME={ShellWords.Quoted(folder["cache"])} "
            + string.Join(' ', start.ArgumentList.Prepend(start.FileName).Select(ShellWords.Quoted));
        cluster.Ask("sbatch", "--array=1-3", "--mem=2G", $"--output={folder["%a.log"]}", "--wrap", script);
        Assert.That(cluster.IsIdleWithin(Patience), () => cluster.Ask("squeue"));
        string Said() => string.Join('\n', Directory.GetFiles(folder.Path, "*.log").Select(File.ReadAllText));
        Assert.That(File.Exists(folder["cmp/compare.json"]), Is.False, Said);
        var all = Tool.Run(folder, CompareTests.Words());
        Assert.That(all.ExitCode, Is.Zero, all.Error);
        Assert.That(all.ErrorLines.Count(line => line.Contains("done before", StringComparison.Ordinal)), Is.EqualTo(4), () => all.Error + Said());
    }

    [Test]
    public void Cancelled_jobs_stay_away_and_a_second_submit_asks_for_what_is_missing()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Submit(cluster, folder);
        Assert.That(SlurmCluster.Until(Patience, () => File.Exists(folder["many/jobs/levels.json"])), () => Said(cluster, folder));
        cluster.Ask("scancel", "--user=root");
        Assert.That(cluster.IsIdleWithin(Patience), () => Said(cluster, folder));
        Assert.That(File.Exists(folder["many/summary.json"]), Is.False);
        Submit(cluster, folder);
        Finish(cluster, folder);
    }

    [Test]
    public void A_part_that_fails_ends_the_chain_and_once_mended_the_rest_is_made()
    {
        using var cluster = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        Begin(folder);
        Assert.That(Tool.Run(folder, "jobs", "collect", "many", "--before", "levels").ExitCode, Is.Zero);
        // A file in the place of the folder that workers write to.
        Directory.CreateDirectory(folder["many/parts"]);
        var key = System.Text.Json.JsonDocument.Parse(File.ReadAllText(folder["many/jobs/levels.json"])).RootElement.GetProperty("key").GetString();
        File.WriteAllText(folder[$"many/parts/levels-{key}"], "");
        Submit(cluster, folder);
        Assert.That(cluster.IsIdleWithin(Patience), () => Said(cluster, folder));
        Assert.That(File.Exists(folder["many/summary.json"]), Is.False, "collectors after it were cancelled");
        File.Delete(folder[$"many/parts/levels-{key}"]);
        Submit(cluster, folder);
        Finish(cluster, folder);
    }

    private static void Begin(TemporaryFolder folder)
    {
        SyntheticRun.Write(folder, Layers);
        JobsTests.Plan(folder, "many");
    }

    private static void Submit(SlurmCluster cluster, TemporaryFolder folder)
    {
        var tool = Tool.Run(cluster.Of(Tool.StartInfo(folder, "jobs", "submit", "slurm", "many", "--workers", "3", "--memory", "2GB", "--partition", "cpu")));
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
    }

    private static void Finish(SlurmCluster cluster, TemporaryFolder folder)
    {
        Assert.That(cluster.IsIdleWithin(Patience), () => Said(cluster, folder));
        Assert.That(FolderBytes.OfResult(folder["many"]), Is.EqualTo(WholeRun.Bytes(Layers)), () => Said(cluster, folder));
    }

    private static string[] Working(TemporaryFolder folder) => !Directory.Exists(folder["many/jobs/working"]) ? []
        : [.. Directory.GetFiles(folder["many/jobs/working"]).Select(file => Path.GetFileName(file)!)];

    private static string Said(SlurmCluster cluster, TemporaryFolder folder) => cluster.Ask("squeue") + cluster.Ask("sinfo")
        + string.Join('\n', Directory.GetFiles(folder["many/jobs/logs"]).Select(log => $"{Path.GetFileName(log)}:\n{File.ReadAllText(log)}"));
}
