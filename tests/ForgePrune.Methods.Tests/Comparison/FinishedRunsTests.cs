using ForgePrune.Methods.Comparison;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.Comparison;

public sealed class FinishedRunsTests
{
    private const string Finished = """{"key":"k","shortfall":null,"taskKey":null,"tasks":null}""";

    [TestCase("null", "{}")]
    [TestCase("{}", "{}")]
    [TestCase("""{"key":null}""", "{}")]
    [TestCase(Finished, "{}")]
    [TestCase(Finished, "null")]
    [TestCase(Finished, """{"parameters":null,"bytes":null,"layers":null}""")]
    public void A_damaged_file_proves_nothing(string finished, string summary)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["finished"]);
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(folder["finished/run.json"], finished);
        File.WriteAllText(folder["run/summary.json"], summary);
        Assert.That(new FinishedRuns(folder.Path).Find("run", "k"), Is.Null);
    }

    [Test]
    public void What_has_no_figures_is_left_out_of_a_file_and_read_again()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["finished"]);
        var runs = new FinishedRuns(folder.Path);
        runs.Keep("beyond", new FinishedRun("k", "no plan is that small", null, null));
        Assert.That(runs.Find("beyond", "k")!.Value.Run, Is.EqualTo(new FinishedRun("k", "no plan is that small", null, null)));
    }
}
