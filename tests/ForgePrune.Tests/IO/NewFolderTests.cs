using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Testing;

namespace ForgePrune.Tests.IO;

public sealed class NewFolderTests
{
    private static readonly string Id = new('a', 32);

    [TestCase("new")]
    [TestCase("new/")]
    [TestCase("new/.")]
    [TestCase("absent/../new//")]
    [TestCase("deep/er/new")]
    public void Appears_whole_under_its_name(string name)
    {
        using var folder = new TemporaryFolder();
        NewFolder.Write(folder[name], place => File.WriteAllText(Path.Combine(place, "a"), "all"));
        Assert.That(File.ReadAllText(Path.Combine(NewFolder.PathOf(folder[name]), "a")), Is.EqualTo("all"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    /// <summary>The folder whose name the first versions took for their own, and neighbours that look like ours without proving it.</summary>
    [TestCase("new.partial")]
    [TestCase("new.old")]
    [TestCase("new.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.partial")]
    [TestCase("new.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.partial/files")]
    public void Leaves_neighbours_alone(string neighbour)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[neighbour]);
        folder.Write(neighbour + "/precious", "mine");
        NewFolder.Write(folder["new"], place => File.WriteAllText(Path.Combine(place, "a"), ""));
        Assert.That(() => NewFolder.Write(folder["other"], _ => throw new IOException("torn")), Throws.TypeOf<BrokenEnvironmentException>());
        Assert.That(File.ReadAllText(folder[neighbour + "/precious"]), Is.EqualTo("mine"));
    }

    [TestCase("folder")]
    [TestCase("file")]
    [TestCase("link")]
    [TestCase("link to nothing")]
    public void Replaces_nothing(string what)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["folder"]);
        folder.Write("file", "mine");
        File.CreateSymbolicLink(folder["link"], folder["folder"]);
        File.CreateSymbolicLink(folder["link to nothing"], folder["nothing"]);
        var filled = false;
        Assert.That(() => NewFolder.Write(folder[what], _ => filled = true), Throws.TypeOf<BadInputException>().With.Message.Contains("not replaced"));
        Assert.That(filled, Is.False);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(4));
    }

    [Test]
    public void Writes_through_a_link_to_a_folder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["real"]);
        Directory.CreateSymbolicLink(folder["link"], folder["real"]);
        NewFolder.Write(folder["link/new"], place => File.WriteAllText(Path.Combine(place, "a"), ""));
        Assert.That(File.Exists(folder["real/new/a"]), Is.True);
    }

    [Test]
    public void What_appears_meanwhile_stays()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => NewFolder.Write(folder["new"], place =>
        {
            File.WriteAllText(Path.Combine(place, "a"), "ours");
            Directory.CreateDirectory(folder["new"]);
            folder.Write("new/b", "mine");
        }), Throws.TypeOf<BadInputException>().With.Message.Contains("has come into being"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["new"] }));
        Assert.That(Directory.GetFileSystemEntries(folder["new"]), Is.EqualTo(new[] { folder["new/b"] }));
    }

    [Test]
    public void A_second_writer_is_told_at_once()
    {
        using var folder = new TemporaryFolder();
        NewFolder.Write(folder["new"], place =>
        {
            File.WriteAllText(Path.Combine(place, "a"), "first");
            Assert.That(() => NewFolder.Write(folder["new"], _ => Assert.Fail("not reached")),
                Throws.TypeOf<BadInputException>().With.Message.Contains("another process"));
        });
        Assert.That(File.ReadAllText(folder["new/a"]), Is.EqualTo("first"));
    }

    [Test]
    public void Of_many_writers_one_wins_and_nothing_is_mixed()
    {
        using var folder = new TemporaryFolder();
        const int writers = 8;
        var won = new List<int>();
        Parallel.For(0, writers, new ParallelOptions { MaxDegreeOfParallelism = writers }, writer =>
        {
            try
            {
                NewFolder.Write(folder["new"], place =>
                {
                    foreach (var name in new[] { "a", "b", "c" })
                        File.WriteAllText(Path.Combine(place, name), $"{writer}");
                });
                lock (won)
                    won.Add(writer);
            }
            catch (BadInputException)
            {
                // One sentence for everybody else.
            }
        });
        Assert.That(won, Has.Count.EqualTo(1));
        Assert.That(Directory.GetFiles(folder["new"]).Select(File.ReadAllText), Is.EqualTo(new[] { $"{won[0]}", $"{won[0]}", $"{won[0]}" }));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    /// <summary>No process has this number, on any system.</summary>
    [TestCase("forgeprune unfinished folder", int.MaxValue, "", true)]
    [TestCase("somebody's", int.MaxValue, "", false)]
    [TestCase("forgeprune unfinished folder", 1, "", false, Description = "It runs.")]
    [TestCase("forgeprune unfinished folder", int.MaxValue, "notes.txt", false, Description = "Somebody put a file there.")]
    public void What_a_killed_process_left_goes_and_nothing_else(string signature, int process, string extra, bool goes)
    {
        using var folder = new TemporaryFolder();
        var left = folder[$"new.{Id}.partial"];
        Directory.CreateDirectory(Path.Combine(left, "files"));
        File.WriteAllText(Path.Combine(left, "files", "a"), "half");
        File.WriteAllText(Path.Combine(left, ".forgeprune"), $"{signature}\n{Environment.MachineName}\n{process}");
        if (extra.Length > 0)
            File.WriteAllText(Path.Combine(left, extra), "mine");
        NewFolder.Write(folder["new"], place => File.WriteAllText(Path.Combine(place, "b"), ""));
        Assert.That(Directory.Exists(left), Is.Not.EqualTo(goes));
        Assert.That(Directory.GetFiles(folder["new"]).Select(Path.GetFileName), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void A_copy_of_a_read_only_file_is_no_fault()
    {
        using var folder = new TemporaryFolder();
        File.SetAttributes(folder.Write("source", "text"), FileAttributes.ReadOnly);
        NewFolder.Write(folder["new"], place => File.Copy(folder["source"], Path.Combine(place, "a")));
        Assert.That(File.ReadAllText(folder["new/a"]), Is.EqualTo("text"));
    }
}
