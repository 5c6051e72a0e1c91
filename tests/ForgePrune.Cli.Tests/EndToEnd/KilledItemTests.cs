using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A run that ends between two items of a stage goes on behind the last.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class KilledItemTests
{
    private const int Layers = 8;

    [Test]
    public void Killed_at_random_items_and_with_one_damaged_it_goes_on_to_the_same_bytes()
    {
        TestContext.Out.WriteLine($"seed {KilledRunTests.Seed}");
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        var random = new Random(KilledRunTests.Seed);
        var said = new List<string>();
        for (var (kills, run) = (0, 0); kills < KilledRunTests.Kills; run++)
        {
            var place = $"items-{run}";
            while (kills < KilledRunTests.Kills)
            {
                using var tool = new RunningTool(folder, PruneRun.Words(place));
                // Items that are new to this process, of whatever stages it gets to.
                var seen = Items(folder[place]).ToHashSet();
                var wanted = seen.Count + random.Next(1, 30);
                while (!tool.HasExited && seen.Count < wanted)
                {
                    Thread.Sleep(1);
                    seen.UnionWith(Items(folder[place]));
                }

                tool.Kill();
                var ended = tool.End();
                said.Add(ended.Error);
                if (ended.ExitCode == 0)
                    break;
                kills++;
                var items = Items(folder[place]);
                TestContext.Out.WriteLine($"{place} killed with {KilledRunTests.Stages(folder[place])} stages and {items.Length} items of the next done");
                if (kills % 2 == 0 && items.Length > 0)
                    Damage(items[random.Next(items.Length)], random);
            }

            var last = Tool.Run(folder, PruneRun.Words(place));
            Assert.That(last.ExitCode, Is.Zero, last.Error);
            said.Add(last.Error);
            Assert.That(FolderBytes.OfResult(folder[place]), Is.EqualTo(WholeRun.Bytes(Layers)), place);
            Assert.That(FolderBytes.Unfinished(folder[place]), Is.Empty, place);
            Assert.That(Directory.Exists(folder[$"{place}/state"]), Is.False, place);
        }

        Assert.That(said, Has.Some.Contains("found done"));
    }

    [Test]
    public void A_disk_that_fills_up_under_a_run_ends_it_with_3_and_the_same_command_goes_on()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        using var disk = new SmallDisk(folder["disk"], "64m");
        using (var tool = new RunningTool(folder, PruneRun.Words("disk/run")))
        {
            while (!tool.HasExited && Items(folder["disk/run"]).Length < 3)
                Thread.Sleep(1);
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
        Assert.That(FolderBytes.OfResult(folder["disk/run"]), Is.EqualTo(WholeRun.Bytes(Layers)));
    }

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
}
