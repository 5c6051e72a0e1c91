using System.Diagnostics;
using System.Globalization;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A run that was broken off, however, and goes on ends with the bytes of one that was not.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class KilledRunTests
{
    // FORGEPRUNE_KILLS=10 and FORGEPRUNE_SEED=N ask for more.
    internal static readonly int Kills = FromEnvironment("FORGEPRUNE_KILLS", 5), Seed = FromEnvironment("FORGEPRUNE_SEED", 51);

    // A program that has just started has nothing to lose yet.
    private const double StartSeconds = 0.3;

    [Test]
    public void Killed_at_random_moments_and_resumed_it_gives_the_same_bytes()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder);
        var clock = Stopwatch.StartNew();
        Assert.That(Tool.Run(folder, PruneRun.Words("whole")).ExitCode, Is.Zero);
        var seconds = clock.Elapsed.TotalSeconds;
        var expected = FolderBytes.OfResult(folder["whole"]);
        Assert.That(expected, Has.Length.GreaterThan(5));

        var random = new Random(Seed);
        for (var (kills, run) = (0, 0); kills < Kills; run++)
        {
            // Moments spread over the whole run; a run may meet several, each after where the last one left it.
            var place = $"killed-{run}";
            while (kills < Kills)
            {
                using var tool = new RunningTool(folder, PruneRun.Words(place));
                var moment = StartSeconds + (random.NextDouble() * Math.Max(0.1, seconds - StartSeconds));
                if (tool.EndsWithin(TimeSpan.FromSeconds(moment)))
                    break;
                tool.Kill();
                kills++;
                tool.EndsWithin(TimeSpan.FromSeconds(10));
                TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{place} killed after {moment:0.00} of {seconds:0.00} s with {Stages(folder[place])} stages done"));
            }

            Assert.That(Tool.Run(folder, PruneRun.Words(place)).ExitCode, Is.Zero);
            Assert.That(FolderBytes.OfResult(folder[place]), Is.EqualTo(expected), place);
            Assert.That(FolderBytes.Unfinished(folder[place]), Is.Empty, place);
            Assert.That(File.Exists(folder[$"{place}/summary.json"]));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Ctrl_C_or_SIGTERM_ends_with_130_and_resumes_to_the_same_bytes(bool terminate)
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("signals are sent through libc");
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 6);
        Assert.That(Tool.Run(folder, Longer("whole")).ExitCode, Is.Zero);
        using (var tool = new RunningTool(folder, Longer("stopped")))
        {
            while (!tool.HasExited && !File.Exists(folder["stopped/manifests/calibration.json"]))
                Thread.Sleep(5);
            if (terminate)
                tool.AskToEnd();
            else
                tool.PressCtrlC();
            var ended = tool.End();
            Assert.That(ended.ExitCode, Is.EqualTo(130), ended.Error);
            Assert.That(ended.Fault(), Does.Contain("resume"));
            Assert.That(ended.Output, Is.Empty);
        }

        Assert.That(FolderBytes.Unfinished(folder["stopped"]), Is.Empty);
        Assert.That(File.Exists(folder["stopped/summary.json"]), Is.False);
        Assert.That(Tool.Run(folder, Longer("stopped")).ExitCode, Is.Zero);
        Assert.That(FolderBytes.OfResult(folder["stopped"]), Is.EqualTo(FolderBytes.OfResult(folder["whole"])));
    }

    // A quick run can be over before it hears of the signal: on a fast machine, or where this program is kept waiting.
    private static string[] Longer(string place) => [.. PruneRun.Words(place).Where(word => word != "--quick")];

    internal static int Stages(string run) =>
        Directory.Exists(Path.Combine(run, "manifests")) ? Directory.GetFiles(Path.Combine(run, "manifests"), "*.json").Length : 0;

    private static int FromEnvironment(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
