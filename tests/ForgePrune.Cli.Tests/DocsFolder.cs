using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>A folder with everything that the docs' commands name, each a tiny stand-in: a checkpoint with random weights, texts, token ids, task files,
/// and a run in <c>runs/a</c>.</summary>
internal static class DocsFolder
{
    /// <summary>What makes a run of minutes one of seconds; added where a command does not say otherwise.</summary>
    private static readonly string[] Small = ["--window", "32", "--tokens", "768", "--threads", "1"];

    private const string Reference = "shared";

    private static readonly string[] Models =
        ["MODEL", "MiniMind2", "MiniMind2-Small", $"{Reference}/models/stories15M-hf-f16", $"{Reference}/models/stories260K/stories260K.bin"];

    private static readonly string[] Texts = ["news.txt", "stories.txt", "eval.txt", "c4.jsonl", $"{Reference}/text/tinystories.train-head.txt"];

    private static readonly string[] Ids =
        ["calib.bin", "eval.bin", $"{Reference}/reference/tokens/stories15M.calib.bin", $"{Reference}/reference/tokens/stories15M.eval.bin"];

    public static void Write(TemporaryFolder folder)
    {
        foreach (var name in Models.Concat(Texts).Concat(Ids))
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        var config = SyntheticModels.Config(layers: 3, hidden: 64, headDim: 16, ffn: 128, vocab: ByteTokenizer.Count) with
        {
            TiedEmbeddings = false,
            MaxPositions = 512,
        };
        using (var model = SyntheticModels.Random(config, SyntheticRun.Seed))
        {
            foreach (var name in Models)
            {
                SyntheticCheckpoint.Write(model, folder[name]);
                ByteTokenizer.Write(folder[name]);
            }
        }

        var story = string.Concat(Enumerable.Range(0, 400).Select(i => $"The cat number {i} sat on the mat and ate at the table. "));
        foreach (var text in Texts)
            folder.Write(text, text.EndsWith('l') ? new JsonObject { ["text"] = story }.ToJsonString() + "\n" : story);
        foreach (var ids in Ids)
            SyntheticRun.WriteText(folder[ids], SyntheticRun.Windows);
        folder.Write("arc_easy.jsonl", Question("query", "choices"));
        Directory.CreateDirectory(folder["mmlu"]);
        File.WriteAllText(folder["mmlu/anatomy_test.csv"], "question,A,B,C,D,answer\nWhich is a bone?,femur,liver,skin,blood,A\n");
    }

    /// <summary>The run that later commands read. It has the model's own folder name of the docs.</summary>
    public static void Prune(TemporaryFolder folder) =>
        RequireDone(Tool.Run(folder, [.. Shortened(["prune", "./MiniMind2", "--out", "runs/a", "--target", "0.6", "--calibration", "news.txt"])]));

    /// <summary>The command with what makes it small.</summary>
    public static string[] Shortened(string[] words)
    {
        string[] small = words[0] switch
        {
            "prune" => [.. Small, "--quick", "--timing-seconds", "1", "--workload", "1,16,16"],
            "bench" => ["--workload", "1,16,16", "--threads", "1"],
            "eval" when words.Contains("--text") => ["--window", "32", "--threads", "1"],
            "export" when words.Contains("--calibration") => Small,
            "generate" => ["--tokens", "8", "--threads", "1"],
            _ => [],
        };
        List<string> whole = [.. words];
        for (var i = 0; i < small.Length; i++)
        {
            var hasValue = i + 1 < small.Length && !small[i + 1].StartsWith('-');
            if (!words.Contains(small[i]))
                whole.AddRange(small[i..(hasValue ? i + 2 : i + 1)]);
            i += hasValue ? 1 : 0;
        }

        return [.. whole];
    }

    public static void RequireDone(Tool tool) => Assert.That(tool.ExitCode, Is.Zero, $"{tool.Error}{tool.Output}");

    private static string Question(string query, string choices) =>
        new JsonObject { [query] = "What barks?", [choices] = new JsonArray("a dog", "a cat", "a stone", "a tree"), ["gold"] = 0 }.ToJsonString() + "\n";
}
