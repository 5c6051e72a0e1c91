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
}
