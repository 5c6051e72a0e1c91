using System.Text.Json;
using ForgePrune.Methods.Comparison;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>Methods side by side on a made model of seconds.</summary>
[Parallelizable(ParallelScope.All)]
[Category("EndToEnd")]
public sealed class CompareTests
{
    private const int TargetNotMet = 1, BadInput = 2;

    [Test]
    public void Two_methods_and_two_seeds_give_a_table_and_the_second_time_nothing_is_done_again()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        var first = Tool.Run(folder, Words("--json"));
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        using var json = JsonDocument.Parse(first.Output);
        Assert.That(File.ReadAllText(folder["cmp/compare.json"]).Trim(), Is.EqualTo(first.Output.Trim()));

        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        var runs = json.RootElement.GetProperty("runs").EnumerateArray().ToArray();
        Assert.That(rows.Select(row => row.GetProperty("method").GetString()), Is.EqualTo(new[] { "magnitude", "uniform-obs" }));
        Assert.That(runs, Has.Length.EqualTo(4));
        foreach (var row in rows)
        {
            // Mean and deviation of two: half the sum, and the distance over √2.
            double[] kl = [.. runs.Where(run => run.GetProperty("method").GetString() == row.GetProperty("method").GetString())
                .Select(run => run.GetProperty("summary").GetProperty("kl").GetDouble())];
            var figure = row.GetProperty("figures").GetProperty("kl");
            Assert.That(figure.GetProperty("mean").GetDouble(), Is.EqualTo((kl[0] + kl[1]) / 2).Within(1e-12));
            Assert.That(figure.GetProperty("deviation").GetDouble(), Is.EqualTo(Math.Abs(kl[0] - kl[1]) / Math.Sqrt(2)).Within(1e-12));
        }

        var made = Times(folder);
        var second = Tool.Run(folder, Words("--json"));
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Output, Is.EqualTo(first.Output));
        Assert.That(Times(folder), Is.EqualTo(made), "no file of a run is touched");
        Assert.That(second.ErrorLines.Count(line => line.Contains("done before")), Is.EqualTo(4));

        // A run whose summary is gone is done again; the others are not.
        File.Delete(folder["cmp/magnitude-0.6-1/summary.json"]);
        var third = Tool.Run(folder, Words());
        Assert.That(third.ErrorLines.Count(line => line.Contains("done before")), Is.EqualTo(3));
        Assert.That(third.Output, Does.Contain("magnitude").And.Contain("±"));
        // A file beside the weights that changes reaches every run, though no figure moves.
        File.WriteAllText(folder["model/chat_template.jinja"], "{{ messages }}");
        var fourth = Tool.Run(folder, Words("--json"));
        Assert.That(fourth.ExitCode, Is.Zero, fourth.Error);
        Assert.That(fourth.ErrorLines, Has.None.Contains("done before"));
        Assert.That(third.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
        var page = PageText.Read(folder["cmp/compare.html"]);
        Assert.That(page, Has.Some.EqualTo("Target 0.6").And.Some.EqualTo("uniform-obs").And.Some.Contains("forgeprune compare model"));
        Assert.That(page, Has.Some.Contains("Not beaten in both KL and decode speed").And.Some.Contains("Inside the runs, target 0.6")
            .And.Some.Contains("Query heads and FFN channels of each layer"));
    }

    [Test]
    public void A_point_is_on_the_front_unless_another_is_as_fast_and_better()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            // Few different values, so that some are equal.
            ParetoSection.Point[] points = [.. Enumerable.Range(0, random.Next(8)).Select(_ => new ParetoSection.Point(null!, random.Next(5), random.Next(5)))
                .Distinct()];
            bool Beaten(ParetoSection.Point point) => points.Any(other => other != point && other.Speed >= point.Speed && other.Kl <= point.Kl);
            Assert.That(ParetoSection.Front(points), Is.EqualTo(points.Where(point => !Beaten(point)).OrderBy(point => point.Speed)));
        }
    }

    [Test]
    public void A_target_out_of_reach_is_a_row_that_says_so()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        var tool = Tool.Run(folder, [.. Words("--metric", "parameters", "--json").Select(word => word == "0.6" ? "0.0001" : word == "1,2" ? "1" : word)]);
        Assert.That(tool.ExitCode, Is.EqualTo(TargetNotMet), tool.Error);
        using var json = JsonDocument.Parse(tool.Output);
        Assert.That(json.RootElement.GetProperty("rows")[0].GetProperty("fault").GetString(), Is.Not.Empty);
        Assert.That(PageText.Read(folder["cmp/compare.html"]), Has.Some.Contains("magnitude: "));
    }

    [TestCase("--methods", "luck", "luck")]
    [TestCase("--methods", "magnitude,magnitude", "twice")]
    [TestCase("--methods", "default,forgeprune", "twice")]
    [TestCase("--targets", "0.6,fast", "fast")]
    [TestCase("--seeds", "1,-2", "-2")]
    [TestCase("--out", "foreign", "no comparison")]
    [TestCase("--out", "namesake", "no comparison")]
    public void Bad_input_is_one_sentence(string option, string value, string culprit)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        Directory.CreateDirectory(folder["foreign"]);
        File.WriteAllText(folder["foreign/letter"], "mine");
        Directory.CreateDirectory(folder["namesake"]);
        File.WriteAllText(folder["namesake/compare.json"], """{"left":1,"right":2}""");
        var words = Words();
        words[Array.IndexOf(words, option) + 1] = value;
        var tool = Tool.Run(folder, words);
        Assert.That(tool.ExitCode, Is.EqualTo(BadInput), tool.Error);
        Assert.That(tool.Fault(), Does.Contain(culprit));
        Assert.That(Directory.Exists(folder["cmp"]), Is.False);
    }

    [Test]
    public void Shares_made_at_once_by_several_processes_are_read_by_the_whole()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        // The first share lends its text and Grams; of the others two run at once.
        Assert.That(Tool.Run(folder, Words("--part", "1/3")).ExitCode, Is.Zero);
        using (var second = new RunningTool(folder, Words("--part", "2/3")))
        {
            var third = Tool.Run(folder, Words("--part", "3/3"));
            Assert.That(third.ExitCode, Is.Zero, third.Error);
            Assert.That(third.Output, Is.Empty);
            Assert.That(second.End().ExitCode, Is.Zero);
        }

        Assert.That(File.Exists(folder["cmp/compare.json"]), Is.False);
        var all = Tool.Run(folder, Words());
        Assert.That(all.ExitCode, Is.Zero, all.Error);
        Assert.That(all.ErrorLines.Count(line => line.Contains("done before")), Is.EqualTo(4));
    }

    internal static string[] Words(params string[] further) =>
    [
        "compare", "model", "--methods", "magnitude,uniform-obs", "--targets", "0.6", "--seeds", "1,2", "--out", "cmp", "--calibration", "text.bin", "--window",
            "32", "--tokens", "768",
        "--workload", "1,16,16", "--threads", "1", "--quick", "--timing-seconds", "1", .. further,
    ];

    private static (string Name, DateTime Written)[] Times(TemporaryFolder folder) =>
    [
        .. Directory.EnumerateDirectories(folder["cmp"]).SelectMany(run => Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal).Select(file => (file, File.GetLastWriteTimeUtc(file))),
    ];
}
