using System.Text.Json;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Broken off between the layers of a stage, a run goes on behind the last that was finished, and ends with the same bytes.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class BrokenOffRunTests : SyntheticRunFixture
{
    // On either text a Gram for attention and one for the MLP of each layer; levels of a layer; a refitted block each; of the contest what was judged and
    // what is begun, behind four reports of a plan as the search left it.
    [TestCase("calibration", 2, "calibration goes on: 8 files were found done")]
    [TestCase("levels", 1, "levels goes on: 1 file was found done")]
    [TestCase("refit", 2, "refit goes on: 4 files were found done")]
    [TestCase("contest", 7, "contest-1 goes on: ")]
    [TestCase("contest", 9, "contest-1 goes on: ")]
    [TestCase("contest", 21, "contest-1 goes on: ")]
    public void Goes_on_behind_the_last_item(string stage, int reports, string said)
    {
        Whole();
        var name = $"{stage}-{reports}";
        using var stop = new CancellationTokenSource();
        Assert.That(() => PrunePipeline.Run(Of(name), OnnxServing.Cpu, new Heard(stage, reports, stop), stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        var heard = new Heard();
        PrunePipeline.Run(Of(name), OnnxServing.Cpu, heard, default);
        Assert.That(heard.Notes, Has.One.StartsWith(said));
        Assert.That(FolderBytes.OfResult(Folder[name]), Is.EqualTo(FolderBytes.OfResult(Folder["whole"])).And.Length.GreaterThan(5));
        Assert.That(Directory.Exists(Folder[$"{name}/state"]), Is.False, "of no use any more");
        Assert.That(FolderBytes.Unfinished(Folder[name]), Is.Empty);
    }

    [Test]
    public void Other_settings_take_nothing_of_what_was_broken_off()
    {
        var other = Of("other") with { Seed = 8 };
        PrunePipeline.Run(other, OnnxServing.Cpu, NoProgress.Instance, default);
        using var stop = new CancellationTokenSource();
        Assert.That(() => PrunePipeline.Run(Of("mixed"), OnnxServing.Cpu, new Heard("levels", 2, stop), stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(Folder["mixed/state"], "*.levels", SearchOption.AllDirectories), Has.Length.EqualTo(2));
        var heard = new Heard();
        PrunePipeline.Run(other with { Out = Folder["mixed"] }, OnnxServing.Cpu, heard, default);
        Assert.That(heard.Notes, Has.None.Contains("goes on"));
        Assert.That(FolderBytes.OfResult(Folder["mixed"]), Is.EqualTo(FolderBytes.OfResult(Folder["other"])));
        Assert.That(Directory.Exists(Folder["mixed/state"]), Is.False);
    }

    [Test]
    public void Every_stage_names_the_formats_of_its_work()
    {
        Whole();
        var manifests = Directory.GetFiles(Folder["whole/manifests"], "*.json");
        Assert.That(manifests, Has.Length.GreaterThan(9));
        foreach (var path in manifests)
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.StageManifest)!;
            Assert.That(manifest.Key.Versions.Keys.Except(["forgeprune", "onnxruntime"]), Is.Not.Empty, manifest.Stage);
        }
    }

    // On text of its own the refit helps, so that there is one at the end.
    private PruneSettings Of(string name) => Settings(name, new Target(Metric.Prunable, 0.5)) with { Calibration = null };

    private void Whole()
    {
        if (!File.Exists(Folder["whole/summary.json"]))
            PrunePipeline.Run(Of("whole"), OnnxServing.Cpu, NoProgress.Instance, default);
    }
}
