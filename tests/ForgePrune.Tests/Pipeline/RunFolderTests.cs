using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

public sealed class RunFolderTests
{
    /// <summary>The first of several runs that begin at once has its lock before its mark.</summary>
    [Test]
    public void A_folder_that_another_run_is_just_beginning_is_said_to_be_in_use()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        File.Delete(folder[$"run/{RunMarker.FileName}"]);
        Assert.That(() => RunFolder.Open(folder["run"]), Throws.InstanceOf<BadInputException>().With.Message.Contains("another run"));
    }

    [Test]
    public void A_second_run_in_one_folder_is_refused_until_the_first_ends()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder.Open(folder["run"]))
        {
            Assert.That(() => RunFolder.Open(folder["run"]),
                Throws.TypeOf<BadInputException>().With.Message.Contains("another run").And.Message.Contains("`Out`"));
        }

        Assert.That(() => RunFolder.Open(folder["run"]).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_lock_file_without_an_owner_is_stale()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["run"]).Dispose();
        File.WriteAllText(folder["run/.lock"], "1\n");
        Assert.That(() => RunFolder.Open(folder["run"]).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_foreign_folder_is_refused_and_left_as_it_was()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["letter.txt"], "mine");
        Assert.That(() => RunFolder.Open(folder.Path), Throws.TypeOf<BadInputException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_file_in_the_place_of_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["run"], "");
        Assert.That(() => RunFolder.Open(folder["run"]), Throws.TypeOf<BadInputException>());
    }

    [TestCase("{\"tool\":\"other\",\"format\":1}")]
    [TestCase("{\"tool\":\"forgeprune\",\"format\":99}")]
    [TestCase("[]")]
    [TestCase("")]
    public void A_foreign_or_newer_mark_is_refused(string mark)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["run.json"], mark);
        Assert.That(() => RunFolder.Open(folder.Path), Throws.TypeOf<BadInputException>());
    }

    [Test]
    public void What_a_killed_run_left_before_its_mark_is_no_obstacle()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[".lock"], "1\n");
        File.WriteAllText(folder["run.json.77.tmp"], "{");
        RunFolder.Open(folder.Path).Dispose();
        Assert.That(File.Exists(folder["run.json"]), Is.True);
        Assert.That(File.Exists(folder["run.json.77.tmp"]), Is.False);
    }

    [Test]
    public void Sweeping_takes_what_writes_left_and_nothing_of_peoples()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder.Path).Dispose();
        Directory.CreateDirectory(folder["manifests"]);
        string[] peoples = ["notes.tmp", "summary.json.mine.tmp", "report.html.tmp"],
            left = ["summary.json.0123456789abcdef.tmp", "report.html.77.tmp", "manifests/levels.json.77.tmp"];
        foreach (var name in peoples.Concat(left))
            folder.Write(name, "");
        RunFolder.Open(folder.Path).Dispose();
        Assert.That(peoples.Where(name => !File.Exists(folder[name])), Is.Empty);
        Assert.That(left.Where(name => File.Exists(folder[name])), Is.Empty);
    }

    [Test]
    public void A_lock_of_somebody_elses_is_left_as_it_was()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".lock", "held by my editor");
        Assert.That(() => RunFolder.Open(folder.Path), Throws.TypeOf<BadInputException>());
        Assert.That(File.ReadAllText(folder[".lock"]), Is.EqualTo("held by my editor"));
    }

    [TestCase("run", "run")]
    [TestCase("run/", "run/safetensors")]
    [TestCase("run", "other/../run/safetensors/")]
    public void What_a_run_reads_lies_outside(string place, string input)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => RunFolder.RequireOutside(folder[place], folder[input]), Throws.TypeOf<BadInputException>());
        Assert.That(() => RunFolder.RequireOutside(folder[place], folder["runner"]), Throws.Nothing);
        Assert.That(() => RunFolder.RequireOutside(folder[place], folder.Path), Throws.Nothing);
    }

    [Test]
    public void A_place_that_cannot_be_written_is_an_environment_fault()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        Assert.That(() => RunFolder.Open(folder["file/run"]), Throws.TypeOf<BrokenEnvironmentException>());
    }

    [Test]
    public void A_full_disk_is_told_as_one()
    {
        if (!File.Exists("/dev/full"))
            Assert.Ignore("needs /dev/full");
        Assert.That(() => WriteErrors.Guard("x", () =>
        {
            using var stream = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.WriteByte(1);
        }), Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains("the disk is full"));
    }

    [Test]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a"], "old");
        Assert.That(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.WriteByte(1);
            throw new IOException("torn");
        }), Throws.TypeOf<BrokenEnvironmentException>());
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }
}
