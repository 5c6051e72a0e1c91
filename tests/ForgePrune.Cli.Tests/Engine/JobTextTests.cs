using System.Text.Json.Nodes;
using ForgePrune.Cli.Jobs;
using ForgePrune.Errors;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Testing;
using k8s;
using k8s.Models;

namespace ForgePrune.Cli.Tests.Engine;

/// <summary>What schedulers are given.</summary>
[NonParallelizable]
public sealed class JobTextTests
{
    private static readonly ClusterSettings Settings = new("cpu", null, "genoa|milan", TimeSpan.FromHours(12), null, "registry/forgeprune:1", "models", "/data");

    // Whole MiB that are no whole GiB: the API writes 5120Mi as 5Gi.
    private static readonly JobPlan Plan = new("/data", ["prune"], 8, 3073L << 20, 5121L << 20);

    [TestCase("1", ExpectedResult = "1")]
    [TestCase("1 2 3", ExpectedResult = "1-3")]
    [TestCase("1 3 4 7", ExpectedResult = "1,3-4,7")]
    [TestCase("", ExpectedResult = "")]
    public string Numbers_of_an_array(string numbers) =>
        SlurmJobs.Ranges([.. numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);

    /// <summary>Read back by the shell itself: whatever a path holds is one word.</summary>
    [TestCase("plain")]
    [TestCase("two words")]
    [TestCase("it's; rm -rf $HOME `x` \"y\" \\ * %j\nline")]
    public void A_path_in_a_script_is_one_word(string path)
    {
        var start = new System.Diagnostics.ProcessStartInfo("bash") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"printf %s {ShellWords.Quoted(path)}");
        using var shell = System.Diagnostics.Process.Start(start)!;
        Assert.That(shell.StandardOutput.ReadToEnd(), Is.EqualTo(path));
        shell.WaitForExit();
    }

    [Test]
    public void The_chain_of_slurm_ends_with_a_collector_and_asks_for_what_is_missing()
    {
        using var folder = new TemporaryFolder();
        new PartPlan("levels", new string('a', 64), "cpu", ["a", "b", "c", "d", "e"]).Write(folder.Path);
        var text = new SlurmJobs(folder.Path, Plan, Settings, 3).Submission(PartStage.All);
        var jobs = text.Split('\n').Where(line => line.Contains("sbatch", StringComparison.Ordinal)).ToArray();
        Assert.That(jobs, Has.Length.EqualTo(13));
        Assert.That(jobs[0], Does.Contain("--dependency=singleton").And.EndWith("collect --before borders); job4=${job4%%;*}").And.Contain("--mem=5121M"));
        Assert.That(jobs[1], Does.Contain("--array=1-3").And.Contain("afterok:$job4 ").And.Contain("--part 3").And.Contain("--mem=3073M"));
        Assert.That(jobs[4], Does.Contain("afterok:$job7,singleton").And.Contain(" collect --before levels)"));
        Assert.That(jobs[8], Does.Contain("afterok:$job11,singleton").And.Contain(" collect --before plans)"));
        Assert.That(jobs[11], Does.Contain("afterok:$job14 ").And.Contain("work --stage contest-1 --part 3"));
        Assert.That(jobs[12], Does.Contain("afterok:$job15,singleton").And.Contain(" collect)"));
        Assert.That(jobs, Has.All.Contains("--requeue").And.All.Contains("--kill-on-invalid-dep=yes").And.All.Contains("--signal=B:TERM@60")
            .And.All.Contains("--partition='cpu'").And.All.Contains("--constraint='genoa|milan'").And.All.Contains("--time=720")
            .And.All.Contains("--cpus-per-task=8"));
        Assert.That(text, Does.Not.Contain("--account").And.Not.Contain("--exclusive"));
        var timed = new SlurmJobs(folder.Path, Plan with { Timed = true }, Settings, 3).Submission(PartStage.All).Split('\n');
        Assert.That(timed.Where(line => line.Contains("sbatch", StringComparison.Ordinal))
            .Select(line => line.Contains("--exclusive", StringComparison.Ordinal)), Is.EqualTo(Enumerable.Range(0, 13).Select(job => job % 2 == 0)), "whoever measures times has the node to itself");
    }

    /// <summary>Schema-checked: every member is one that the API knows, of its type, since nothing is lost on the way through it.</summary>
    [Test]
    public void The_manifests_of_kubernetes_are_jobs()
    {
        var jobs = new KubernetesJobs("/data/runs/it's \"a\"", Plan, Settings, 4).Manifests(PartStage.All);
        Assert.That(jobs, Has.Count.EqualTo(13));
        foreach (var job in jobs)
        {
            var read = KubernetesJson.Deserialize<V1Job>(job.ToJsonString());
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(KubernetesJson.Serialize(read)), job), () => $"{KubernetesJson.Serialize(read)}\n{job}");
            Assert.That(read.Spec.Template.Spec.SecurityContext.RunAsNonRoot, Is.True);
            Assert.That(read.Spec.Template.Spec.RestartPolicy, Is.EqualTo("Never"), "a policy for failures needs it");
            Assert.That(read.Spec.PodReplacementPolicy, Is.EqualTo("Failed"));
            Assert.That(read.Metadata.Name, Does.Match("^[a-z0-9-]{1,63}$"));
        }

        Assert.That(jobs.Select(job => (int)job["spec"]!["completions"]!), Is.EqualTo([1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1]));
        Assert.That(() => new KubernetesJobs("/elsewhere/a", Plan, Settings, 4), Throws.TypeOf<BadInputException>().With.Message.Contains("/data"));
    }

    /// <summary>By the API's schema in another language, which knows ranges and required members, and takes unknown ones that the test above does not.</summary>
    [Test]
    public void Another_schema_of_kubernetes_finds_them_valid()
    {
        Shared.Restored("tests/node/node_modules/kubernetes-models");
        var jobs = new KubernetesJobs("/data/runs/it's \"a\"", Plan, Settings, 4).Manifests(PartStage.All);
        Assert.That(Validated(new JsonArray([.. jobs.Select(job => job.DeepClone())])), Is.EqualTo((0, $"{jobs.Count} valid")));
        var spoiled = jobs[1].DeepClone();
        spoiled["spec"]!["backoffLimitPerIndex"] = "three";
        Assert.That(Validated(new JsonArray(spoiled)).ExitCode, Is.Not.Zero);

        static (int ExitCode, string Printed) Validated(JsonArray jobs)
        {
            using var node = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
                "node", [Path.Combine(Shared.Root, "tests", "node", "kubernetes.mjs")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var faults = node.StandardError.ReadToEndAsync();
            node.StandardInput.Write(jobs.ToJsonString());
            node.StandardInput.Close();
            var printed = node.StandardOutput.ReadToEnd();
            node.WaitForExit();
            TestContext.Out.WriteLine(faults.Result);
            return (node.ExitCode, printed);
        }
    }

    [Test]
    public void A_share_comes_from_the_scheduler_where_only_their_number_is_given()
    {
        try
        {
            Environment.SetEnvironmentVariable("JOB_COMPLETION_INDEX", "2");
            Assert.That(Shares.Read("8"), Is.EqualTo(new PartShare(2, 8)), "Kubernetes counts from 0");
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_ID", "2");
            Assert.That(Shares.Read("8"), Is.EqualTo(new PartShare(1, 8)), "and Slurm's array from 1");
            Assert.That(Shares.Read("5/8"), Is.EqualTo(new PartShare(4, 8)), "what is said counts");
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_ID", "x");
            Assert.That(() => Shares.Read("8"), Throws.TypeOf<BadInputException>());
        }
        finally
        {
            Environment.SetEnvironmentVariable("SLURM_ARRAY_TASK_ID", null);
            Environment.SetEnvironmentVariable("JOB_COMPLETION_INDEX", null);
        }
    }
}
