using ForgePrune.IO;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline.Parts;

/// <summary>Items that other processes leave, and files that several write at once.</summary>
public sealed class PartFolderTests
{
    private static readonly SourceHash Source = SourceHash.Of("parts");

    [Test]
    public void Whole_items_are_taken_and_damaged_ones_made_again()
    {
        using var folder = new TemporaryFolder();
        var parts = new PartFolder(folder["parts"]);
        Assert.That(parts.MoveTo(folder["state"]), Is.Zero, "nobody has made any");
        Directory.CreateDirectory(folder["state"]);
        foreach (var name in new[] { "a", "b", "c" })
            Write(parts.PathOf(name), name);
        Write(folder["state/c"], "c");
        File.WriteAllBytes(parts.PathOf("b"), File.ReadAllBytes(parts.PathOf("b"))[..^3]);
        File.WriteAllText(parts.PathOf(".nfs0001"), "a file that somebody has open");
        Assert.That(parts.Holds("a"));
        Assert.That(parts.Holds("b"), Is.False);
        Assert.That(parts.Holds("d"), Is.False);
        Assert.That(parts.MoveTo(folder["state"]), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(folder["state"]).Select(Path.GetFileName).Order(), Is.EqualTo(["a", "c"]));
        Assert.That(Directory.GetFiles(folder["parts"]).Select(Path.GetFileName), Is.EqualTo([".nfs0001"]));
    }

    /// <summary>A seal covers the name: another's file, copied, is no item.</summary>
    [Test]
    public void A_copy_under_another_name_is_no_item()
    {
        using var folder = new TemporaryFolder();
        var parts = new PartFolder(folder["parts"]);
        Write(parts.PathOf("a"), "a");
        File.Copy(parts.PathOf("a"), parts.PathOf("b"));
        Assert.That(parts.Items(), Is.EqualTo(["a"]));
    }

    [Test]
    public void Many_that_write_one_file_at_once_leave_it_whole_at_every_moment()
    {
        using var folder = new TemporaryFolder();
        var path = folder["parts/item"];
        Write(path, "first");
        var writing = true;
        var reader = Task.Run(() =>
        {
            var read = 0;
            for (; Volatile.Read(ref writing); read++)
                Assert.That(ChecksummedFile.IsIntact(path));
            return read;
        });
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, writer =>
        {
            for (var i = 0; i < 20; i++)
                Write(path, $"writer {writer}");
        });
        Volatile.Write(ref writing, false);
        Assert.That(reader.Result, Is.Positive);
        Assert.That(Directory.GetFiles(folder["parts"]), Has.Length.EqualTo(1), "no temporary file stays");
    }

    [Test]
    public void A_stale_handle_is_opened_again_and_an_absent_file_is_none()
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", "text");
        var attempts = 0;
        using (var stream = SharedFile.TryOpen(folder["file"], path => ++attempts < 3 ? throw new IOException("stale", 116) : File.OpenRead(path)))
            Assert.That(stream, Is.Not.Null);
        Assert.That(attempts, Is.EqualTo(3));
        Assert.That(SharedFile.TryOpen(folder["none"]), Is.Null);
        Assert.That(SharedFile.TryOpen(folder["no/folder/either"]), Is.Null);
        Assert.That(() => SharedFile.TryOpen(folder["file"], _ => throw new IOException("broken", 5)), Throws.TypeOf<IOException>());
    }

    /// <summary>The handle may go stale between opening and the last byte.</summary>
    [Test]
    public void What_goes_stale_while_it_is_read_is_read_from_its_beginning()
    {
        using var folder = new TemporaryFolder();
        Write(folder["item"], "text");
        var reads = 0;
        var read = ChecksummedFile.Read(folder["item"], "TESTPART", Source, (stream, length) =>
        {
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            return ++reads < 3 ? throw new IOException("stale", 116) : System.Text.Encoding.UTF8.GetString(bytes);
        });
        Assert.That((read, reads), Is.EqualTo(("text", 3)));
        Assert.That(() => SharedFile.WithFreshHandle<int>(folder["item"], () => throw new IOException("broken", 5)), Throws.TypeOf<IOException>());
    }

    [Test]
    public void What_must_be_there_is_awaited_for_a_bounded_time()
    {
        using var folder = new TemporaryFolder();
        var asked = 0;
        Assert.That(SharedFile.Await(folder.Path, () => ++asked < 4 ? null : "there"), Is.EqualTo("there"));
        Assert.That(asked, Is.EqualTo(4));
        Assert.That(SharedFile.Await(TimeSpan.Zero, () => (string?)null), Is.Null);
        Assert.That(SharedFile.Await(TimeSpan.FromMilliseconds(150), () => ++asked < 100 ? null : "there"), Is.Null);
        Assert.That(asked, Is.InRange(5, 8), "pauses grow");
        Assert.That(SharedFile.PatienceAt(folder.Path), Is.LessThanOrEqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(SharedFile.PatienceAt("/dev"), Is.EqualTo(TimeSpan.FromSeconds(2)), "no network");
        Assert.That(SharedFile.PatienceAt(folder["not/there"]), Is.EqualTo(SharedFile.PatienceAt(folder.Path)).Or.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [TestCase("1/1", 0, 1)]
    [TestCase("3/8", 2, 8)]
    public void A_share_is_read_as_it_is_written(string text, int index, int count)
    {
        Assert.That(PartShare.Parse(text), Is.EqualTo(new PartShare(index, count)));
        Assert.That($"{PartShare.Parse(text)}", Is.EqualTo(text));
    }

    [TestCase("0/8")]
    [TestCase("9/8")]
    [TestCase("-1/8")]
    [TestCase("1")]
    [TestCase("1/2/3")]
    [TestCase("a/b")]
    [TestCase("")]
    public void What_is_no_share_is_refused(string text) =>
        Assert.That(() => PartShare.Parse(text), Throws.TypeOf<Errors.BadInputException>());

    [Test]
    public void Shares_hold_every_item_once([Values(1, 2, 3, 7)] int count, [Values(0, 1, 5, 80)] int items)
    {
        var plan = new PartPlan("levels", new string('a', 64), "cpu", [.. Enumerable.Range(0, items).Select(item => $"{item}")]);
        int[] owners = [.. Enumerable.Range(0, items).Select(item => plan.Owner(item, count))];
        Assert.That(owners, Has.All.InRange(0, count - 1));
        var sizes = Enumerable.Range(0, count).Select(share => owners.Count(owner => owner == share)).ToArray();
        Assert.That(sizes.Max() - sizes.Min(), Is.LessThanOrEqualTo(1));
    }

    private static void Write(string path, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        ChecksummedFile.Write(path, "TESTPART", Source, bytes.Length, stream => stream.Write(bytes));
    }
}
