using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

/// <summary>A stage that leaves item after item and is broken off between them, inside one, or by a disk that fails.</summary>
public sealed class ItemStageTests
{
    private const int Items = 6;

    [Test]
    public void Broken_off_after_any_item_it_goes_on_to_the_same_bytes([Range(0, Items)] int after)
    {
        using var folder = new TemporaryFolder();
        var whole = Finish(folder, "whole", Key(), out _, out _);
        BreakOff(folder, "broken", Key(), after, new OperationCanceledException());
        Assert.That(Finish(folder, "broken", Key(), out var made, out var found), Is.EqualTo(whole));
        Assert.That((made, found), Is.EqualTo((Items - after, after)));
        Assert.That(Directory.Exists(folder["broken/state"]), Is.False, "of no use any more");
    }

    [Test]
    public void Whole_files_in_the_places_of_others_are_made_again()
    {
        using var folder = new TemporaryFolder();
        var whole = Finish(folder, "whole", Key(), out _, out _);
        BreakOff(folder, "broken", Key(), 5, new OperationCanceledException());
        var items = State(folder, "broken", Key());
        var (first, second) = (File.ReadAllBytes(Item(items, 0)), File.ReadAllBytes(Item(items, 1)));
        File.WriteAllBytes(Item(items, 0), second);
        File.WriteAllBytes(Item(items, 1), first);
        File.Copy(Item(items, 2), Item(items, 3), overwrite: true);
        Assert.That(Finish(folder, "broken", Key(), out var made, out var found), Is.EqualTo(whole));
        Assert.That((made, found), Is.EqualTo((Items - 2, 2)));
    }

    [Test]
    public void Damaged_half_written_and_foreign_files_are_made_again()
    {
        using var folder = new TemporaryFolder();
        var whole = Finish(folder, "whole", Key(), out _, out _);
        BreakOff(folder, "broken", Key(), 5, new OperationCanceledException());
        var items = State(folder, "broken", Key());
        // One byte of payload, one of the header, a cut tail; an item as a kill leaves it, half and whole; something else.
        Flip(Item(items, 0), 60);
        Flip(Item(items, 1), 20);
        File.WriteAllBytes(Item(items, 2), File.ReadAllBytes(Item(items, 2))[..^1]);
        File.WriteAllBytes(Item(items, 5) + ".unfinished", File.ReadAllBytes(Item(items, 3))[..30]);
        File.Copy(Item(items, 3), Item(items, 4) + ".unfinished");
        File.WriteAllText(Path.Combine(items, "letter.txt"), "mine");
        Assert.That(Finish(folder, "broken", Key(), out var made, out var found), Is.EqualTo(whole));
        Assert.That((made, found), Is.EqualTo((Items - 2, 2)));
    }

    [Test]
    public void Items_of_another_key_are_never_taken()
    {
        using var folder = new TemporaryFolder();
        var other = Key() with { Seed = 2 };
        BreakOff(folder, "run", Key(), 4, new OperationCanceledException());
        var whole = Finish(folder, "run", other, out var made, out var found);
        Assert.That((made, found), Is.EqualTo((Items, 0)));
        Assert.That(whole, Is.Not.EqualTo(Finish(folder, "first", Key(), out _, out _)));
        Assert.That(Directory.Exists(folder["run/state"]), Is.False);
    }

    [Test]
    public void Items_of_another_format_are_never_taken()
    {
        using var folder = new TemporaryFolder();
        StageKey Of(int format) => StageKey.Of([new StageFormat("made", format)], [], [], new Dictionary<string, string>(), 1, "cpu");
        BreakOff(folder, "run", Of(1), 4, new OperationCanceledException());
        Finish(folder, "run", Of(2), out var made, out _);
        Assert.That(made, Is.EqualTo(Items));
        Finish(folder, "run", Of(2), out made, out _);
        Assert.That(made, Is.Zero);
        Finish(folder, "run", Of(3), out made, out _);
        Assert.That(made, Is.EqualTo(Items));
    }

    [Test]
    public void A_full_disk_keeps_what_was_finished()
    {
        using var folder = new TemporaryFolder();
        var whole = Finish(folder, "whole", Key(), out _, out _);
        Assert.That(() => BreakOff(folder, "full", Key(), 3, new IOException("as the system says it", 28)),
            Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains("the disk is full"));
        Assert.That(Directory.GetFiles(State(folder, "full", Key())).Select(Path.GetExtension), Is.EqualTo(new[] { ".item", ".item", ".item" }));
        Assert.That(Finish(folder, "full", Key(), out var made, out _), Is.EqualTo(whole));
        Assert.That(made, Is.EqualTo(Items - 3));
    }

    [Test]
    public void A_write_that_the_disk_refuses_leaves_no_half_of_an_item()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ChecksummedFile.Write(folder["one.item"], "FPTESTS1", default(SourceHash) with { Hex = new string('0', 64) }, 8, stream =>
        {
            stream.WriteValue(1);
            throw new IOException("as the system says it", 28);
        }), Throws.InstanceOf<IOException>());
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void Nothing_stays_of_a_stage_that_fails_before_its_first_item()
    {
        using var folder = new TemporaryFolder();
        BreakOff(folder, "run", Key(), 0, new InvalidOperationException());
        Assert.That(Directory.Exists(folder["run/state"]), Is.False);
    }

    [Test]
    public void Another_process_cannot_take_the_items_while_one_works()
    {
        using var folder = new TemporaryFolder();
        BreakOff(folder, "run", Key(), 3, new OperationCanceledException());
        using var held = RunFolder.Open(folder["run"]);
        Assert.That(() => RunFolder.Open(folder["run"]), Throws.TypeOf<BadInputException>().With.Message.Contains("another run"));
        Assert.That(Directory.GetFiles(State(folder, "run", Key())), Has.Length.EqualTo(3));
    }

    [Test]
    public void A_kill_between_manifest_and_sweep_leaves_the_stage_done()
    {
        using var folder = new TemporaryFolder();
        Finish(folder, "run", Key(), out _, out _);
        Directory.CreateDirectory(State(folder, "run", Key()));
        File.WriteAllText(Path.Combine(State(folder, "run", Key()), "rest"), "");
        Finish(folder, "run", Key(), out var made, out _);
        Assert.That(made, Is.Zero);
        Assert.That(Directory.Exists(folder["run/state"]), Is.False);
    }

    private static (string, string)[] Finish(TemporaryFolder folder, string name, StageKey key, out int made, out int found)
    {
        var (count, resumed) = (0, 0);
        using var run = RunFolder.Open(folder[name]);
        var result = run.ItemStage("items", key, place => count = Make(place, key, Items), files => resumed = files);
        (made, found) = (count, resumed);
        return [.. result.Manifest.Files.Select(file => (file.Name, file.Sha256))];
    }

    /// <summary>Throws in the midst of an item, after so many.</summary>
    private static void BreakOff(TemporaryFolder folder, string name, StageKey key, int after, Exception fault)
    {
        using var run = RunFolder.Open(folder[name]);
        Assert.That(() => run.ItemStage("items", key, place =>
        {
            Make(place, key, after);
            ChecksummedFile.Write(Item(place, after), "FPTESTS1", Source(key), 100, _ => throw fault);
        }, _ => { }), fault is IOException ? Throws.TypeOf<BrokenEnvironmentException>() : Throws.TypeOf(fault.GetType()));
        if (fault is IOException)
            throw WriteErrors.Translate(fault, name);
    }

    private static int Make(string place, StageKey key, int items)
    {
        var made = 0;
        for (var item = 0; item < items; item++)
        {
            if (File.Exists(Item(place, item)))
                continue;
            var bytes = Enumerable.Range(0, 100).Select(i => (byte)((i * (item + 1)) + key.Seed)).ToArray();
            ChecksummedFile.Write(Item(place, item), "FPTESTS1", Source(key), bytes.Length, stream => stream.Write(bytes));
            made++;
        }

        return made;
    }

    private static string Item(string place, int item) => Path.Combine(place, $"{item}.item");

    private static SourceHash Source(StageKey key) => new(key.Hash());

    private static string State(TemporaryFolder folder, string name, StageKey key) => Path.Combine(folder[name], "state", "items", key.Hash());

    private static void Flip(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static StageKey Key() => StageKey.Of([new StageFormat("made", 1)], [("model", "cafe")], [], new Dictionary<string, string>(), 1, "cpu, 2 threads");
}
