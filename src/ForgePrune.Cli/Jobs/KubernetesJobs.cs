using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Jobs;

/// <summary>A plan as Jobs of Kubernetes: an Indexed Job of workers for each stage, and a Job that collects before each and at the end. The manifests are
/// JSON, which kubectl reads as well as YAML, and in which no name can break out of its quotes.</summary>
internal sealed class KubernetesJobs
{
    private const string Container = "forgeprune", SubmitName = "submit-kubernetes.sh";

    // What the user must mend fails at once; what the machine must, is tried again.
    private const int Retries = 3;

    private const int User = 10001, Grace = 120;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string run;
    private readonly JobPlan plan;
    private readonly ClusterSettings settings;
    private readonly int workers;

    /// <exception cref="BadInputException">The run, or the folder it was planned in, lies outside of the volume.</exception>
    public KubernetesJobs(string run, JobPlan plan, ClusterSettings settings, int workers)
    {
        (this.run, this.plan, this.settings, this.workers) = (run, plan, settings, workers);
        foreach (var path in new[] { run, plan.Folder })
        {
            if (path != settings.Mount && !path.StartsWith(settings.Mount.TrimEnd('/') + "/", StringComparison.Ordinal))
                throw new BadInputException($"{path} is not below {settings.Mount}, where the pods see the volume; plan the run there, or give --mount");
        }
    }

    public int Submit(IReadOnlyList<PartStage> stages, bool print)
    {
        var jobs = Manifests(stages);
        var folder = PartPlan.FolderOf(run);
        if (print)
        {
            foreach (var job in jobs)
                Console.Out.WriteLine(job.ToJsonString(Indented));
            Console.Out.Write($"# {SubmitName}\n{Script(jobs)}");
            return 0;
        }

        foreach (var job in jobs)
            AtomicFile.WriteText(Path.Combine(folder, $"{NameOf(job)}.json"), job.ToJsonString(Indented) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, SubmitName), Script(jobs));
        SubmitScript.Run(
            Path.Combine(folder, SubmitName), "a job failed (see above); kubectl logs tells why, and the same command asks for what is missing");
        return 0;
    }

    /// <summary>Collector, workers, collector, and so on, in the order in which they run.</summary>
    internal IReadOnlyList<JsonObject> Manifests(IReadOnlyList<PartStage> stages)
    {
        var jobs = new List<JsonObject>();
        foreach (var stage in stages)
        {
            Add("collect", 1, plan.CollectorBytes, "collect", run, "--before", stage.Name);
            if (StageState.Of(run, stage.Name, done: false).Wanted(workers).Count > 0)
                Add(stage.Name, workers, plan.WorkerBytes, "work", run, "--stage", stage.Name, "--part", $"{workers}");
        }

        Add("collect", 1, plan.CollectorBytes, "collect", run);
        return jobs;

        void Add(string kind, int completions, long memory, params string[] words) => jobs.Add(
            Manifest($"forgeprune-{ManifestHash.OfText(run)[..8]}-{jobs.Count + 1}-{kind}", completions, settings.Memory ?? memory, words));
    }

    private JsonObject Manifest(string name, int completions, long memory, string[] words) => new()
    {
        ["apiVersion"] = "batch/v1",
        ["kind"] = "Job",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["completions"] = completions,
            ["parallelism"] = completions,
            ["completionMode"] = "Indexed",
            ["backoffLimitPerIndex"] = Retries,
            // Two collectors never run at once: a pod is replaced once it has ended.
            ["podReplacementPolicy"] = "Failed",
            ["podFailurePolicy"] = new JsonObject
            {
                ["rules"] = new JsonArray(
                    new JsonObject
                    {
                        ["action"] = "FailIndex",
                        ["onExitCodes"] = new JsonObject { ["containerName"] = Container, ["operator"] = "In", ["values"] = new JsonArray(ExitCode.BadInput) },
                    },
                    // An eviction is nobody's fault, and loses no finished item.
                    new JsonObject
                    {
                        ["action"] = "Ignore",
                        ["onPodConditions"] = new JsonArray(new JsonObject { ["type"] = "DisruptionTarget", ["status"] = "True" }),
                    }),
            },
            ["template"] = new JsonObject { ["spec"] = Pod(name, memory, words) },
        },
    };

    private JsonObject Pod(string name, long memory, string[] words) => new()
    {
        ["restartPolicy"] = "Never",
        ["terminationGracePeriodSeconds"] = Grace,
        ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["runAsUser"] = User, ["runAsGroup"] = User, ["fsGroup"] = User },
        ["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = Container,
            ["image"] = settings.Image,
            ["args"] = new JsonArray([.. words.Prepend("jobs").Select(word => (JsonNode?)word)]),
            ["env"] = new JsonArray(new JsonObject { ["name"] = "FORGEPRUNE_JOB", ["value"] = $"kubernetes-{name}" }),
            ["resources"] = new JsonObject { ["requests"] = Resources(memory), ["limits"] = Resources(memory) },
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = true,
                ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            },
            ["volumeMounts"] = new JsonArray(
                new JsonObject { ["name"] = "data", ["mountPath"] = settings.Mount }, new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" }),
        }),
        ["volumes"] = new JsonArray(
            new JsonObject { ["name"] = "data", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = settings.Claim } },
            new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() }),
    };

    private JsonObject Resources(long memory) => new() { ["cpu"] = $"{plan.Threads}", ["memory"] = $"{(memory + (1 << 20) - 1) >> 20}Mi" };

    private string Script(IReadOnlyList<JsonObject> jobs) => $$"""
        #!/bin/bash
        # Schema-checked, not run: kubectl applies one job after the other.
        set -eu
        folder={{ShellWords.Quoted(PartPlan.FolderOf(run))}}
        run() {
          kubectl delete job "$1" --ignore-not-found --wait=true
          kubectl apply -f "$folder/$1.json"
          until kubectl wait --for=condition=complete --timeout=20s "job/$1" >/dev/null 2>&1; do
            if kubectl wait --for=condition=failed --timeout=1s "job/$1" >/dev/null 2>&1; then echo "job $1 failed" >&2; exit 1; fi
          done
        }
        {{string.Join('\n', jobs.Select(job => $"run {NameOf(job)}"))}}

        """.ReplaceLineEndings("\n");

    private static string NameOf(JsonObject job) => (string)job["metadata"]!["name"]!;
}
