using System.Diagnostics;
using System.Globalization;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A run that was broken off, however, and goes on ends with the bytes of one that was not.</summary>
[NonParallelizable]
public sealed class KilledRunTests
{
    // FORGEPRUNE_KILLS=10 and FORGEPRUNE_SEED=N ask for more.
    private static readonly int Kills = FromEnvironment("FORGEPRUNE_KILLS", 5), Seed = FromEnvironment("FORGEPRUNE_SEED", 51);

    // A program that has just started has nothing to lose yet.
    private const double StartSeconds = 0.3;

    [Test]
    public void Killed_at_random_moments_and_resumed_it_gives_the_same_bytes()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var folder = new TemporaryFolder();
        MadeRun.Write(folder);
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
                TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{place} killed after {moment:0.00} of {seconds:0.00} s with {Stages(folder[place])} stages done"));
            }

            Assert.That(Tool.Run(folder, PruneRun.Words(place)).ExitCode, Is.Zero);
            Assert.That(FolderBytes.OfResult(folder[place]), Is.EqualTo(expected), place);
            Assert.That(FolderBytes.Unfinished(folder[place]), Is.Empty, place);
            Assert.That(File.Exists(folder[$"{place}/summary.json"]));
        }
    }

    [Test]
    public void Killed_at_random_items_and_with_one_damaged_it_goes_on_to_the_same_bytes()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var folder = new TemporaryFolder();
        MadeRun.Write(folder, layers: 8);
        Assert.That(Tool.Run(folder, PruneRun.Words("whole")).ExitCode, Is.Zero);
        var expected = FolderBytes.OfResult(folder["whole"]);
        var random = new Random(Seed);
        var said = new List<string>();
        for (var (kills, run) = (0, 0); kills < Kills; run++)
        {
            var place = $"items-{run}";
            while (kills < Kills)
            {
                using var tool = new RunningTool(folder, PruneRun.Words(place));
                // Items that are new to this process, of whatever stages it gets to.
                var seen = Items(folder[place]).ToHashSet();
                var wanted = seen.Count + random.Next(1, 30);
                while (!tool.HasExited && seen.Count < wanted)
                    seen.UnionWith(Items(folder[place]));
                tool.Kill();
                var ended = tool.End();
                said.Add(ended.Error);
                if (ended.ExitCode == 0)
                    break;
                kills++;
                var items = Items(folder[place]);
                TestContext.Out.WriteLine($"{place} killed with {Stages(folder[place])} stages and {items.Length} items of the next done");
                if (kills % 2 == 0 && items.Length > 0)
                    Damage(items[random.Next(items.Length)], random);
            }

            var last = Tool.Run(folder, PruneRun.Words(place));
            Assert.That(last.ExitCode, Is.Zero, last.Error);
            said.Add(last.Error);
            Assert.That(FolderBytes.OfResult(folder[place]), Is.EqualTo(expected).And.Length.GreaterThan(5), place);
            Assert.That(FolderBytes.Unfinished(folder[place]), Is.Empty, place);
            Assert.That(Directory.Exists(folder[$"{place}/state"]), Is.False, place);
        }

        Assert.That(said, Has.Some.Contains("found done"));
    }

    [Test]
    public void A_disk_that_fills_up_under_a_run_ends_it_with_3_and_the_same_command_goes_on()
    {
        using var folder = new TemporaryFolder();
        MadeRun.Write(folder, layers: 8);
        Assert.That(Tool.Run(folder, PruneRun.Words("whole")).ExitCode, Is.Zero);
        var disk = Directory.CreateDirectory(folder["disk"]).FullName;
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || Mounted("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk) != 0)
            Assert.Ignore("needs the right to mount a small disk");
        try
        {
            using (var tool = new RunningTool(folder, PruneRun.Words("disk/run")))
            {
                while (!tool.HasExited && Items(folder["disk/run"]).Length < 3)
                    Thread.Yield();
                tool.Freeze();
                Fill(folder["disk/ballast"]);
                tool.GoOn();
                var ended = tool.End();
                Assert.That(ended.ExitCode, Is.EqualTo(3), ended.Error);
                Assert.That(ended.Fault(), Does.Contain("the disk is full"));
            }

            Assert.That(FolderBytes.Unfinished(folder["disk/run"]), Is.Empty);
            var kept = Items(folder["disk/run"]).Length;
            File.Delete(folder["disk/ballast"]);
            var again = Tool.Run(folder, PruneRun.Words("disk/run"));
            Assert.That(again.ExitCode, Is.Zero, again.Error);
            if (kept > 0)
                Assert.That(again.Error, Does.Contain("found done"));
            Assert.That(FolderBytes.OfResult(folder["disk/run"]), Is.EqualTo(FolderBytes.OfResult(folder["whole"])));
        }
        finally
        {
            Assert.That(Mounted("umount", disk), Is.Zero);
        }
    }

    [Test]
    public void Ctrl_C_ends_with_130_and_resumes_to_the_same_bytes()
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("signals are sent through libc");
        using var folder = new TemporaryFolder();
        MadeRun.Write(folder, layers: 6);
        Assert.That(Tool.Run(folder, Longer("whole")).ExitCode, Is.Zero);
        using (var tool = new RunningTool(folder, Longer("stopped")))
        {
            while (!tool.HasExited && !File.Exists(folder["stopped/manifests/calibration.json"]))
                Thread.Sleep(5);
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

    /// <summary>Whole files under `state`, whatever stage they belong to.</summary>
    private static string[] Items(string run)
    {
        try
        {
            return [.. Directory.EnumerateFiles(Path.Combine(run, "state"), "*", SearchOption.AllDirectories)
                .Where(path => !path.EndsWith(".unfinished", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
        catch (IOException)
        {
            // The stage has ended meanwhile, or none has begun.
            return [];
        }
    }

    private static void Damage(string path, Random random)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(path, bytes);
        TestContext.Out.WriteLine($"damaged {Path.GetFileName(path)}");
    }

    private static void Fill(string path)
    {
        using var ballast = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var bytes in new[] { 1 << 20, 1 << 10, 1 })
        {
            try
            {
                while (true)
                    ballast.Write(new byte[bytes]);
            }
            catch (IOException)
            {
                // Full for pieces of this size.
            }
        }
    }

    private static int Mounted(string name, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(name, words) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static int Stages(string run) => Directory.Exists(Path.Combine(run, "manifests")) ? Directory.GetFiles(Path.Combine(run, "manifests"), "*.json").Length : 0;

    private static int FromEnvironment(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
