using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>Tasks by the real program, on a checkpoint and on its export.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TaskTests
{
    private const int Seed = 5;

    internal const string Tokenizer =
        """
        {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
         "post_processor":null,"decoder":{"type":"ByteLevel"},
         "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"Ġ":3,"Ġa":4,":":5,"Q":6,"u":7,"e":8,"s":9,"t":10,"i":11,"o":12,"n":13,"A":14,"w":15,"r":16,"Ċ":17},
         "merges":["Ġ a"]}}
        """;

    [Test]
    [Category("Slow")]
    public void A_checkpoint_and_its_export_give_the_same_figures()
    {
        using var folder = new TemporaryFolder();
        var config = SyntheticModels.Config(layers: 2, vocab: 18) with { TiedEmbeddings = false };
        using (var model = SyntheticModels.Random(config, Seed))
            SyntheticCheckpoint.Write(model, folder["model"]);
        File.WriteAllText(folder["model/tokenizer.json"], Tokenizer);
        File.WriteAllText(folder["model/tokenizer_config.json"], """{"bos_token":"A"}""");
        Directory.CreateDirectory(folder["tasks"]);
        var random = new Random(Seed);
        string Word() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "abc"[random.Next(3)]));
        File.WriteAllLines(folder["tasks/arc_easy.jsonl"], Enumerable.Range(0, 20).Select(i =>
            $$"""{"query": "Question: {{Word()}}", "choices": ["{{Word()}}", "{{Word()}}", "{{Word()}}"], "gold": {{i % 3}}}"""));
        File.WriteAllLines(folder["tasks/lambada.jsonl"], Enumerable.Range(0, 20).Select(_ => $$"""{"text": "{{Word()}} {{Word()}}"}"""));
        Assert.That(Tool.Run(folder, "export", "model", "--out", "onnx").ExitCode, Is.Zero);

        var (dense, served) = (Figures(folder, "model"), Figures(folder, "onnx"));

        Assert.That(dense.Keys, Is.EqualTo(new[] { "arc_easy acc", "arc_easy acc_bytes", "arc_easy acc_norm", "lambada_openai acc",
            "lambada_openai perplexity" }));
        foreach (var (name, value) in dense)
            // Both are float32 forward passes with sums in another order: perplexities of some hundreds to five digits.
            Assert.That(served[name], Is.EqualTo(value).Within(1e-5 * Math.Max(1, value)), name);
        Assert.That(Figures(folder, "model", "--limit", "7")["lambada_openai perplexity"], Is.Not.EqualTo(dense["lambada_openai perplexity"]));
        Assert.That(Figures(folder, "model", "--bos")["lambada_openai perplexity"], Is.Not.EqualTo(dense["lambada_openai perplexity"]));
        var table = Tool.Run(folder, "eval", "model", "--tasks", "tasks");
        Assert.That(table.Output, Does.Contain("arc_easy").And.Contain("acc_norm").And.Contain("0-shot"));
        Assert.That(table.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
    }

    private static Dictionary<string, double> Figures(TemporaryFolder folder, string model, params string[] further)
    {
        var tool = Tool.Run(folder, ["eval", model, "--tasks", "tasks", "--json", "--threads", "1", .. further]);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        using var json = JsonDocument.Parse(tool.Output);
        return json.RootElement.GetProperty("tasks").EnumerateArray()
            .SelectMany(task => task.GetProperty("metrics").EnumerateObject()
                .Select(metric => ($"{task.GetProperty("task").GetString()} {metric.Name}", metric.Value.GetProperty("value").GetDouble())))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);
    }
}
