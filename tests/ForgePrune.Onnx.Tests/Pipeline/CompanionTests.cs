using System.Text.Json.Nodes;
using System.Text.Json;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>A file beside the weights that changes reaches an earlier run folder: the stages that it enters are made anew, the others stay.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class CompanionTests : SyntheticRunFixture
{
    private const string Exports = "dense onnx safetensors", Texts = "samples text";

    [TestCase("tokenizer.json", Exports + " " + Texts)]
    [TestCase("tokenizer_config.json", Exports + " " + Texts)]
    [TestCase("special_tokens_map.json", Exports + " " + Texts)]
    [TestCase("added_tokens.json", Exports + " " + Texts)]
    [TestCase("generation_config.json", Exports + " " + Texts)]
    [TestCase("chat_template.jinja", Exports)]
    [TestCase("merges.txt", Exports)]
    [TestCase("config.json", Exports)]
    [TestCase("notes.md", "")]
    public void A_changed_file_reaches_the_stages_that_it_enters(string file, string expected)
    {
        var (settings, run) = Finished($"run-{file.Replace('/', '-')}");
        var before = Manifests(run);
        Change(Path.Combine(settings.Model, file));
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        Require(before, Manifests(run), expected);
    }

    [Test]
    public void A_changed_token_stands_in_every_folder_that_is_written()
    {
        var (settings, run) = Finished("token");
        Change(Path.Combine(settings.Model, "tokenizer.json"));
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        foreach (var written in (string[])["dense", "onnx", "safetensors"])
            Assert.That(File.ReadAllText(Path.Combine(run, written, "tokenizer.json")), Does.Contain("done_it").And.Not.Contain("word199"), written);
    }

    [Test]
    [Platform("Linux")]
    [CancelAfter(60_000)]
    public void A_pipe_beside_the_weights_is_not_waited_for(CancellationToken stop)
    {
        var (settings, _) = Finished("pipe");
        using var maker = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(settings.Model, "notes.txt")])!;
        maker.WaitForExit();
        var run = Task.Run(() => PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default), stop);
        Assert.That(() => run.Wait(TimeSpan.FromSeconds(50), stop), Is.True);
    }

    [Test]
    public void A_changed_pad_id_makes_the_exports_anew()
    {
        var (settings, run) = Finished("pad");
        var before = Manifests(run);
        SyntheticCheckpoint.EditConfig(settings.Model, config => config["pad_token_id"] = 5);
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        var after = Manifests(run);
        foreach (var stage in Exports.Split(' '))
            Assert.That(after[stage], Is.Not.EqualTo(before[stage]), stage);
    }

    [Test]
    public void A_changed_end_id_stands_in_the_exports()
    {
        var (settings, run) = Finished("end");
        SyntheticCheckpoint.EditConfig(settings.Model, config => config["eos_token_id"] = 77);
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        foreach (var written in (string[])["dense", "onnx"])
        {
            var ends = JsonNode.Parse(File.ReadAllText(Path.Combine(run, written, "genai_config.json")))!["model"]!["eos_token_id"]!;
            Assert.That(ends.ToJsonString(), Does.Contain("77"), written);
        }
    }

    [Test]
    public void A_model_that_writes_its_own_text_is_asked_again_when_its_tokenizer_changes()
    {
        var (settings, run) = Finished("self", calibration: false);
        var before = Manifests(run);
        Change(Path.Combine(settings.Model, "tokenizer.json"));
        PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default);
        Require(before, Manifests(run), $"{Exports} {Texts}");
        Assert.That(File.ReadAllBytes(Path.Combine(run, "onnx", "tokenizer.json")),
            Is.EqualTo(File.ReadAllBytes(Path.Combine(settings.Model, "tokenizer.json"))));
    }

    /// <summary>A finished run and its model: copies of those that the first test that asks for them makes.</summary>
    private (PruneSettings Settings, string Run) Finished(string name, bool calibration = true)
    {
        var first = calibration ? "of-text" : "of-itself";
        if (!Directory.Exists(Folder[first]))
            Make(first, calibration);
        Copy(Folder[$"{first}-model"], Folder[$"{name}-model"]);
        Copy(Folder[first], Folder[name]);
        return (Of(name, calibration), Folder[name]);
    }

    private void Make(string name, bool calibration)
    {
        Copy(Folder["model"], Folder[$"{name}-model"]);
        RateTokenizer.Write(Folder[$"{name}-model"], count: SyntheticRun.Vocab);
        var random = new Random(3);
        Folder.Write("text.txt", string.Concat(Enumerable.Range(0, SyntheticRun.Window * SyntheticRun.Windows * 2).Select(_ => (char)random.Next('A', 'z'))));
        PrunePipeline.Run(Of(name, calibration), OnnxServing.Cpu, NoProgress.Instance, default);
    }

    private PruneSettings Of(string name, bool calibration) => Settings(name, new Target(Metric.Prunable, 0.5)) with
    {
        Model = Folder[$"{name}-model"],
        Calibration = calibration ? Folder["text.txt"] : null,
    };

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static void Change(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        switch (Path.GetFileName(file))
        {
            case "tokenizer.json":
                File.WriteAllText(file, File.ReadAllText(file).Replace("word199", "done_it"));
                break;
            case "config.json":
                SyntheticCheckpoint.EditJson(file, config => config["transformers_version"] = "5.0.0");
                break;
            case "generation_config.json":
                File.WriteAllText(file, "{\"temperature\": 0.5}");
                break;
            default:
                File.WriteAllText(file, file.EndsWith(".json", StringComparison.Ordinal) ? "{}" : "{{ messages }}");
                break;
        }
    }

    // A manifest made anew tells other seconds.
    private static Dictionary<string, string> Manifests(string run) =>
        Directory.GetFiles(Path.Combine(run, "manifests"), "*.json").ToDictionary(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);

    /// <summary>The proof is of the folder as it is written: it is made again when a file there differs.</summary>
    private static void Require(Dictionary<string, string> before, Dictionary<string, string> after, string expected)
    {
        string[] redone = [.. after.Where(manifest => before.GetValueOrDefault(manifest.Key) != manifest.Value).Select(manifest => manifest.Key)];
        var other = Content(before["onnx"]) != Content(after["onnx"]);
        Assert.That(redone, Is.EquivalentTo([.. expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. other ? new[] { "proof" } : []]));
    }

    private static string Content(string manifest) => JsonSerializer.Deserialize(manifest, RunJson.Default.StageManifest)!.ContentHash();
}
