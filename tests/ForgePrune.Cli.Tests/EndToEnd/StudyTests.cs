using System.Diagnostics;
using System.Text.Json;
using System.Text;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>The study of seconds: a made tokenizer, a made text, the two smallest sizes.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class StudyTests
{
    private const int Seed = 61;

    private static readonly string[] Forms = ["sparse 50 %", "sparse 2:4", "int8 rtn", "int8 gptq", "int4 rtn", "int4 gptq"];

    private TemporaryFolder folder = null!;
    private Tool whole = null!;
    private double seconds;

    [OneTimeSetUp]
    public void RunsOnce()
    {
        folder = Made();
        var clock = Stopwatch.StartNew();
        whole = Tool.Run(folder, Words("whole", "--json"));
        seconds = clock.Elapsed.TotalSeconds;
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);
    }

    [OneTimeTearDown]
    public void Removes() => folder.Dispose();

    [Test]
    public void The_figures_belong_together()
    {
        Assert.That(File.ReadAllText(folder["whole/study.json"]).Trim(), Is.EqualTo(whole.Output.Trim()));
        var figures = JsonSerializer.Deserialize(whole.Output, StudyJson.Default.StudyFigures)!;
        Assert.That(figures.Rows.Select(row => (row.Size, row.Form)), Is.EqualTo(new[] { (1, "trained") }.Concat(Forms.Select(form => (1, form)))
            .Concat([(2, "trained"), (2, "pruned"), (2, "distilled")]).Concat(Forms.Select(form => (2, form)))));

        StudyRow Row(int size, string form) => figures.Rows.Single(row => row.Size == size && row.Form == form);
        var (small, large, pruned, distilled) = (Row(1, "trained"), Row(2, "trained"), Row(2, "pruned"), Row(2, "distilled"));
        foreach (var made in new[] { pruned, distilled })
            Assert.That((made.Parameters, made.Prunable, made.Bytes), Is.EqualTo((small.Parameters, small.Prunable, small.Bytes)),
                "exactly as large as the smallest");
        Assert.That(large.Prunable, Is.EqualTo(2 * small.Prunable));

        Assert.That(small.TrainedTokens, Is.EqualTo(12288));
        foreach (var size in figures.Sizes)
            Assert.That(Row(size.Size, "trained").Flops, Is.EqualTo(Row(size.Size, "trained").TrainedTokens * size.FlopsPerToken));
        Assert.That(small.Flops, Is.EqualTo(figures.Flops));
        Assert.That(distilled.TrainedTokens, Is.EqualTo(large.TrainedTokens));
        Assert.That(pruned.Flops, Is.EqualTo(large.Flops), "pruning trains nothing");
        Assert.That(distilled.Flops, Is.LessThanOrEqualTo(figures.Flops).And.GreaterThan(0.8 * figures.Flops), "all but a step");
        // There and back through the student, and through the teacher: four times a forward pass of something between both sizes.
        var perToken = (distilled.Flops - large.Flops) / (double)distilled.DistilledTokens;
        Assert.That(perToken, Is.InRange(0.9 * figures.Sizes[0].FlopsPerToken + figures.Sizes[1].FlopsPerToken / 3, figures.Sizes[1].FlopsPerToken * 4 / 3));

        foreach (var row in figures.Rows)
        {
            Assert.That(row.Perplexity, Is.GreaterThan(1).And.LessThan(200), $"{row.Size} {row.Form}");
            Assert.That(row.Kl is null, Is.EqualTo(row.Form == "trained"));
            Assert.That(row.Kl ?? 0, Is.GreaterThanOrEqualTo(0));
        }

        foreach (var size in new[] { 1, 2 })
        {
            Assert.That(Row(size, "int4 rtn").Bytes, Is.LessThan(Row(size, "int8 rtn").Bytes).And.EqualTo(Row(size, "int4 gptq").Bytes));
            Assert.That(Row(size, "int8 rtn").Bytes, Is.LessThan(Row(size, "sparse 2:4").Bytes));
            Assert.That(Row(size, "sparse 2:4").Bytes, Is.EqualTo(Row(size, "sparse 50 %").Bytes).And.LessThan(Row(size, "trained").Bytes));
            Assert.That(Row(size, "int8 rtn").Kl!.Value, Is.LessThan(Row(size, "int4 rtn").Kl!.Value));
        }
    }

    [Test]
    public void The_second_time_nothing_is_done_again()
    {
        var times = Times();
        var again = Tool.Run(folder, Words("whole"));
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(Times(), Is.EqualTo(times), "no stage is done again");
        Assert.That(again.Output, Does.Contain("distilled").And.Contain("2x"));
        Assert.That(again.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
        Assert.That(FolderBytes.Unfinished(folder["whole"]), Is.Empty);
    }

    [Test]
    public void Killed_at_random_moments_and_resumed_it_gives_the_same_bytes()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (var kills = 0; kills < 3; kills++)
        {
            using var tool = new RunningTool(folder, Words("killed"));
            if (tool.EndsWithin(TimeSpan.FromSeconds(0.3 + (random.NextDouble() * seconds / 2))))
                break;
            tool.Kill();
            tool.EndsWithin(TimeSpan.FromSeconds(10));
        }

        Assert.That(Tool.Run(folder, Words("killed")).ExitCode, Is.Zero);
        AssertSame("killed");
    }

    [Test]
    public void Ctrl_C_in_a_training_ends_with_130_and_goes_on_from_its_state()
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("signals are sent through libc");
        using (var tool = new RunningTool(folder, Words("stopped")))
        {
            // The first training has begun when its stage's folder stands.
            while (!tool.HasExited && !Directory.Exists(folder["stopped/.tmp/train-1"]))
                Thread.Sleep(5);
            Thread.Sleep(300);
            tool.PressCtrlC();
            var ended = tool.End();
            Assert.That(ended.ExitCode, Is.EqualTo(130), ended.Error);
            Assert.That(ended.Fault(), Does.Contain("resume"));
        }

        Assert.That(File.Exists(folder["stopped/study.json"]), Is.False);
        Assert.That(Tool.Run(folder, Words("stopped")).ExitCode, Is.Zero);
        AssertSame("stopped");
    }

    [Test]
    public void Too_few_tokens_for_a_size_are_one_sentence()
    {
        var tool = Tool.Run(folder, [.. Words("s").Select(word => word == "12288" ? "1024" : word)]);
        Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
        Assert.That(tool.Fault(), Does.Contain("size 2").And.Contain("give at least"));
        Assert.That(Directory.Exists(folder["s"]), Is.False);
    }

    [Test]
    public void Too_little_text_is_one_sentence()
    {
        using var other = Made();
        File.WriteAllText(other["text.txt"], "The dog sat.");
        var tool = Tool.Run(other, Words("s"));
        Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
        Assert.That(tool.Fault(), Does.Contain("text.txt"));
        File.WriteAllText(other["text.txt"], string.Concat(Enumerable.Repeat("The dog sat. ", 20)));
        Assert.That(Tool.Run(other, Words("s")).Fault(), Does.Contain("at least 9 are needed"));
    }

    private void AssertSame(string place)
    {
        Assert.That(File.ReadAllText(folder[$"{place}/study.json"]), Is.EqualTo(File.ReadAllText(folder["whole/study.json"])));
        foreach (var stage in new[] { "train-1", "train-2", "prune-2", "distil-2" })
            Assert.That(File.ReadAllBytes(folder[$"{place}/{stage}/model/model.safetensors"]),
                Is.EqualTo(File.ReadAllBytes(folder[$"whole/{stage}/model/model.safetensors"])), stage);
        Assert.That(FolderBytes.Unfinished(folder[place]), Is.Empty);
    }

    private static string[] Words(string place, params string[] further) =>
    [
        "study", "train-large", "tokens", "--text", "text.txt", "--out", place, "--tokens", "12288", "--window", "32", "--threads", "1", "--quick", .. further,
    ];

    /// <summary>A folder with a tokenizer and no model, and sentences of few words.</summary>
    private static TemporaryFolder Made()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["tokens"]);
        RateTokenizer.Write(folder["tokens"]);
        var (random, text) = (new Random(Seed), new StringBuilder());
        string[] subjects = ["The dog", "A cat", "My friend"], verbs = ["saw", "ate", "liked"], objects = ["the ball", "a red hat", "the sun"];
        while (text.Length < 9000)
            text.Append($"{Any(subjects)} {Any(verbs)} {Any(objects)}. ");
        File.WriteAllText(folder["text.txt"], text.ToString());
        return folder;

        string Any(string[] words) => words[random.Next(words.Length)];
    }

    private (string Name, DateTime Written)[] Times() =>
    [
        .. Directory.EnumerateFiles(folder["whole/manifests"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (file, File.GetLastWriteTimeUtc(file))),
    ];
}
