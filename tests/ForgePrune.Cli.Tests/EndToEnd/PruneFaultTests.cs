using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>Faults that show only once the run has begun: the right exit code, one sentence, nothing half-written.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Category("EndToEnd")]
public sealed class PruneFaultTests : IDisposable
{
    private const int Shortfall = 1, BadInput = 2, BrokenEnvironment = 3;

    private readonly TemporaryFolder folder = new();

    public PruneFaultTests() => SyntheticRun.Write(folder);

    public void Dispose() => folder.Dispose();

    [Test]
    public void Too_little_text()
    {
        SyntheticRun.WriteText(folder["text.bin"], windows: 5);
        Require(BadInput, "at least 8", PruneRun.Words("run"));
    }

    [Test]
    public void Token_ids_of_a_foreign_tokenizer()
    {
        SyntheticRun.WriteText(folder["text.bin"], windows: 16, vocab: 5000);
        Require(BadInput, "text.bin", PruneRun.Words("run"));
    }

    [Test]
    public void Token_ids_that_fill_no_row()
    {
        File.WriteAllBytes(folder["text.bin"], [.. File.ReadAllBytes(folder["text.bin"])[..^2]]);
        Require(BadInput, "text.bin", PruneRun.Words("run"));
    }

    [Test]
    public void Plain_text_for_a_model_without_tokenizer()
    {
        File.WriteAllText(folder["letter.txt"], "once upon a time");
        Require(BadInput, "tokenizer", PruneRun.Words("run", "--eval", "letter.txt"));
    }

    [Test]
    public void A_text_without_words()
    {
        File.WriteAllText(folder["blank.txt"], "\n");
        Require(BadInput, "blank.txt", [.. PruneRun.Words("run").Select(word => word == "text.bin" ? "blank.txt" : word)]);
    }

    [Test]
    public void A_window_longer_than_the_model_was_made_for()
    {
        SyntheticRun.WriteText(folder["text.bin"], windows: 64);
        Require(BadInput, "--window", [.. PruneRun.Words("run").Select(word => word == "32" ? "256" : word)]);
    }

    [TestCase("parameters", "0.05")]
    [TestCase("bytes", "20x")]
    public void A_target_below_the_fixed_share(string metric, string target)
    {
        var words = PruneRun.Words("run", "--metric", metric).Select(word => word == "0.6" ? target : word);
        Require(Shortfall, "fixed", [.. words]);
        Assert.That(Directory.Exists(folder["run"]), Is.False, "known before any work");
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void Weights_that_are_no_numbers(float value)
    {
        SyntheticCheckpoint.EditData(folder["model/model.safetensors"], data =>
        {
            BitConverter.TryWriteBytes(data.AsSpan(data.Length / 2 / sizeof(float) * sizeof(float)), value);
            return data;
        });
        Require(BadInput, "model", PruneRun.Words("run"));
    }

    [Test]
    public void A_truncated_checkpoint()
    {
        var file = folder["model/model.safetensors"];
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1000]);
        Require(BadInput, "model.safetensors", PruneRun.Words("run"));
    }

    [Test]
    public void An_output_that_cannot_be_a_folder()
    {
        File.WriteAllText(folder["letter"], "mine");
        Require(BadInput, "letter", PruneRun.Words("letter/run"));
        Assert.That(File.ReadAllText(folder["letter"]), Is.EqualTo("mine"));
    }

    [Test]
    public void A_disk_that_is_too_small()
    {
        using var disk = new SmallDisk(folder["disk"], "64k");
        Require(BrokenEnvironment, "disk", PruneRun.Words("disk/run"));
    }

    [Test]
    public void Two_runs_in_one_folder()
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("signals are sent through libc");
        using var first = new RunningTool(folder, PruneRun.Words("run"));
        while (!first.HasExited && !File.Exists(folder["run/run.json"]))
            Thread.Sleep(5);
        first.Freeze();
        var second = Tool.Run(folder, PruneRun.Words("run"));
        first.GoOn();
        Assert.That(second.ExitCode, Is.EqualTo(BadInput), second.Error);
        Assert.That(second.Fault(), Does.Contain("another run"));
        var ended = first.End();
        Assert.That(ended.ExitCode, Is.Zero, ended.Error);
        Assert.That(FolderBytes.Unfinished(folder["run"]), Is.Empty);
    }

    private void Require(int exitCode, string culprit, string[] words)
    {
        var tool = Tool.Run(folder, words);
        Assert.That(tool.ExitCode, Is.EqualTo(exitCode), tool.Error);
        Assert.That(tool.Fault(), Does.Contain(culprit));
        Assert.That(tool.Output, Is.Empty);
        foreach (var run in (string[])["run", "disk/run"])
        {
            Assert.That(FolderBytes.Unfinished(folder[run]), Is.Empty);
            Assert.That(File.Exists(folder[$"{run}/summary.json"]), Is.False);
        }
    }
}
