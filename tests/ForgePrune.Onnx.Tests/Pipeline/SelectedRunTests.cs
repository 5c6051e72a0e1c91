using System.Text.Json;
using ForgePrune.Methods;
using ForgePrune.Methods.Comparison;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Selection with and without training of its candidates.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class SelectedRunTests : SyntheticRunFixture
{
    [Test]
    public void Selection_says_whether_it_trained_and_both_ways_of_not_training_are_one()
    {
        var target = new Target(Metric.Prunable, 0.5);
        (string? Training, string[] Notes) Run(PruneSettings settings)
        {
            var heard = new Heard();
            return (PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default).Summary.CandidateTraining, [.. heard.Notes]);
        }

        var trained = Run(Settings("darwin", target) with { Method = (DarwinLmMethod)MethodCatalog.Find("darwinlm") with { SelectionTokens = 256 } });
        Assert.That(trained.Training, Is.EqualTo("kl, 32/64/128/256 tokens by stage"));
        Assert.That(trained.Notes, Has.None.Contains("without training"));
        Assert.That((string?)RequireRun.Last(Folder["darwin"], "search", "plan")!["candidateTraining"], Is.EqualTo(trained.Training));
        Assert.That(Versions("darwin"), Does.Contain(RecoveryTrainer.Format.Part), "another training selects other plans");
        foreach (var (name, settings) in new[]
        {
            ("darwin-none", Settings("darwin-none", target) with { Method = (DarwinLmMethod)MethodCatalog.Find("darwinlm") with { SelectionTokens = 0 } }),
            ("darwin-untrained", Settings("darwin-untrained", target) with { Method = MethodCatalog.Find("darwinlm-untrained") }),
        })
        {
            var untrained = Run(settings);
            Assert.That(untrained.Training, Is.EqualTo("none"), name);
            Assert.That(untrained.Notes, Has.One.Contains("without training"), name);
            Assert.That(Versions(name), Does.Not.Contain(RecoveryTrainer.Format.Part), name);
        }

        Assert.That(FolderBytes.OfResult(Folder["darwin-none"]), Is.EqualTo(FolderBytes.OfResult(Folder["darwin-untrained"])));

        IEnumerable<string> Versions(string run) =>
            JsonSerializer.Deserialize(File.ReadAllText(Folder[$"{run}/manifests/search-1.json"]), RunJson.Default.StageManifest)!.Key.Versions.Keys;
    }

    [Test]
    public void Selection_with_training_is_the_same_for_the_same_seed_and_goes_on_where_it_was_stopped()
    {
        PruneSettings Trained(string name) =>
            Settings(name, new Target(Metric.Prunable, 0.5)) with { Method = (DarwinLmMethod)MethodCatalog.Find("darwinlm") with { SelectionTokens = 256 } };
        PrunePipeline.Run(Trained("darwin-whole"), OnnxServing.Cpu, NoProgress.Instance, default);
        using var stop = new CancellationTokenSource();
        Assert.That(() => PrunePipeline.Run(Trained("darwin-stopped"), OnnxServing.Cpu, new StopIn("search: evolution", 2, stop), stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(Folder["darwin-stopped/state/search-1"], "evolution.state", SearchOption.AllDirectories), Has.Length.EqualTo(1));
        PrunePipeline.Run(Trained("darwin-stopped"), OnnxServing.Cpu, NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(Folder["darwin-stopped"]), Is.EqualTo(FolderBytes.OfResult(Folder["darwin-whole"])));
    }

    /// <summary>Stops a run once a stage says that it has done so much.</summary>
    private sealed class StopIn(string stage, long after, CancellationTokenSource stop) : IProgressReport
    {
        public void Report(string name, long done, long total, string message = "")
        {
            if (name == stage && done >= after)
                stop.Cancel();
        }

        public void Note(string message)
        {
        }
    }
}
