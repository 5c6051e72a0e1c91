using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>What an export does to the folders around it: nothing.</summary>
[Category("EndToEnd")]
public sealed class ExportFolderTests
{
    private static readonly string[] Whole = ["genai_config.json", "model.onnx", "model.onnx.data"];

    [TestCase("out")]
    [TestCase("out/")]
    [TestCase("./absent/../out/.")]
    [TestCase("model/out", Description = "Beside the weights it reads.")]
    [TestCase("deep/er/out")]
    [TestCase("link/out")]
    public void A_new_folder_appears_where_it_was_named(string place)
    {
        using var folder = Made();
        Directory.CreateDirectory(folder["real"]);
        Directory.CreateSymbolicLink(folder["link"], folder["real"]);
        var tool = Tool.Run(folder, "export", "model", "--out", place);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(Names(Path.GetFullPath(folder[place])), Is.EqualTo(Whole));
        Assert.That(Unfinished(folder), Is.Empty);
    }

    [Test]
    public void Folders_beside_it_stay_whatever_their_names()
    {
        using var folder = Made();
        foreach (var name in new[] { "mine.partial", "mine.old", "mine.tmp", ".mine" })
        {
            Directory.CreateDirectory(folder[name]);
            folder.Write(name + "/precious.txt", "my own work");
        }

        Assert.That(Tool.Run(folder, "export", "model", "--out", "mine").ExitCode, Is.Zero);
        Assert.That(Directory.EnumerateFiles(folder.Path, "precious.txt", SearchOption.AllDirectories).Count(), Is.EqualTo(4));
        Assert.That(Names(folder["mine"]), Is.EqualTo(Whole));
    }

    [Test]
    public void Of_exports_onto_one_folder_one_wins_and_the_others_end_with_a_sentence()
    {
        using var folder = Made();
        var tools = Enumerable.Range(0, 4).Select(_ => new RunningTool(folder, "export", "model", "--out", "out")).ToArray();
        var ends = tools.Select(tool => tool.End()).ToArray();
        foreach (var tool in tools)
            tool.Dispose();
        Assert.That(ends.Count(end => end.ExitCode == 0), Is.EqualTo(1));
        Assert.That(ends.Where(end => end.ExitCode != 0).Select(end => (end.ExitCode, end.ErrorLines.Length)), Is.All.EqualTo((2, 1)));
        Assert.That(Names(folder["out"]), Is.EqualTo(Whole));
        Assert.That(Unfinished(folder), Is.Empty);
    }

    [Test]
    public void What_a_killed_export_leaves_is_no_export_and_goes_with_the_next()
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("signals are sent through libc");
        using var folder = Made(hidden: 512, layers: 8);
        using (var tool = new RunningTool(folder, "export", "model", "--out", "out"))
        {
            Assert.That(SpinWait.SpinUntil(() => Directory.GetFiles(folder.Path, "model.onnx.data", SearchOption.AllDirectories).Length > 0 || tool.HasExited,
                TimeSpan.FromSeconds(60)));
            tool.Freeze();
            Assert.That(tool.HasExited, Is.False, "the export was over before it could be killed");
            tool.Kill();
            tool.EndsWithin(TimeSpan.FromSeconds(10));
        }

        Assert.That(Directory.Exists(folder["out"]), Is.False);
        Assert.That(Unfinished(folder), Has.Length.EqualTo(1));
        var next = Tool.Run(folder, "export", "model", "--out", "out");
        Assert.That(next.ExitCode, Is.Zero, next.Error);
        Assert.That(Names(folder["out"]), Is.EqualTo(Whole));
        Assert.That(Unfinished(folder), Is.Empty);
    }

    private static TemporaryFolder Made(int hidden = 32, int layers = 2)
    {
        var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(SyntheticModels.Random(SyntheticModels.Config(layers, hidden, headDim: 16, ffn: 3 * hidden), seed: 71), folder["model"]);
        return folder;
    }

    private static string?[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)];

    private static string[] Unfinished(TemporaryFolder folder) => Directory.GetDirectories(folder.Path, "*.*.partial", SearchOption.AllDirectories);
}
