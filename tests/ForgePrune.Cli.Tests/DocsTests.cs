using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>
/// Every command of the README and of docs/ is one that the tool takes: those whose block says what they need are read by the real command tree and stopped at
/// the work itself, all others run on tiny stand-ins.
/// Not parallel: commands name files as seen from the current folder, which is the process's.
/// </summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class DocsTests
{
    /// <summary>These take seconds on any model, whatever else their block needs.</summary>
    private static readonly string[] Quick = ["doctor", "inspect", "kernels", "methods"];

    private readonly TemporaryFolder folder = new();
    private string before = "";

    [OneTimeSetUp]
    public void Enter()
    {
        DocsFolder.Write(folder);
        DocsFolder.Prune(folder);
        before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder.Path);
    }

    [OneTimeTearDown]
    public void Leave()
    {
        Directory.SetCurrentDirectory(before);
        folder.Dispose();
    }

    [TestCaseSource(nameof(Needing))]
    public void A_command_that_needs_more_than_a_test_has_is_understood(object command) =>
        Assert.That(() => Read(((DocsCommand)command).Words), Throws.Nothing);

    [TestCaseSource(nameof(Running))]
    public void A_command_runs(object command) => DocsFolder.RequireDone(Tool.Run(folder, DocsFolder.Shortened(((DocsCommand)command).Words)));

    [Test]
    public void The_pages_hold_commands_of_both_kinds()
    {
        Assert.That(Needing().Count(), Is.GreaterThan(10));
        Assert.That(Running().Count(), Is.GreaterThan(5));
    }

    /// <summary>Stopped before it begins: a command that gets as far was read whole, with names, values, and which options go together.</summary>
    private static void Read(string[] words)
    {
        try
        {
            CommandTree.Run(words, new Session(new CancellationToken(canceled: true)));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Each once, and none that runs.</summary>
    private static IEnumerable<DocsCommand> Needing() =>
        DocsCommand.All().ExceptBy(Running().Select(Line), Line).DistinctBy(Line);

    private static IEnumerable<DocsCommand> Running() =>
        DocsCommand.All().Where(command => command.Needs is null || Quick.Contains(command.Words[0])).DistinctBy(Line);

    private static string Line(DocsCommand command) => string.Join(' ', command.Words);
}
