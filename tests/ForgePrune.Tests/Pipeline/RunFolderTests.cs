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
    public void A_lock_that_another_machine_left_is_refused_with_the_cure()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["run"]).Dispose();
        Assert.That(File.ReadAllText(folder["run/.lock"]), Is.Empty, "who lets go leaves no claim");
        File.WriteAllText(folder["run/.lock"], "4711\nnode-of-another-room\n\n");
        Assert.That(() => RunFolder.Open(folder["run"]), Throws.TypeOf<BadInputException>().With.Message.Contains("4711")
            .And.Message.Contains("node-of-another-room").And.Message.Contains($"delete {folder["run/.lock"]}"));
        File.Delete(folder["run/.lock"]);
        Assert.That(() => RunFolder.Open(folder["run"]).Dispose(), Throws.Nothing);
    }

    [TestCase("4711\nelsewhere\nslurm-12\n", "slurm-12", true)]
    [TestCase("4711\nelsewhere\nslurm-12\n", "slurm-13", false)]
    [TestCase("4711\nelsewhere\n\n", null, false)]
    [TestCase("4711\nhere\n\n", null, true)]
    [TestCase("4711\n", null, true)]
    public void A_claim_is_taken_over_from_a_process_of_this_machine_or_of_the_same_job(string left, string? job, bool gone) =>
        Assert.That(LockHolder.Parse(left)!.IsGone(new LockHolder(1, "here", job)), Is.EqualTo(gone));

    [Test]
    public void A_reader_takes_no_lock_and_makes_nothing()
    {
        using var folder = new TemporaryFolder();
        using var held = RunFolder.Open(folder["run"]);
        var key = StageKey.Of([], [], [], new Dictionary<string, string>(), 1, "cpu");
        held.Stage("made", key, place => File.WriteAllText(Path.Combine(place, "file"), "text"));
        using var reader = RunFolder.Attach(folder["run"]);
        Assert.That(reader.Stage("made", key, _ => Assert.Fail("it is there")).Reused);
        Assert.That(() => reader.Stage("other", key, _ => Assert.Fail("a reader makes nothing")),
            Throws.TypeOf<BadInputException>().With.Message.Contains("'other'"));
        Assert.That(Directory.Exists(folder["run/other"]), Is.False);
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
    public void A_place_below_a_file_is_refused_before_work()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        Assert.That(() => RunFolder.Open(folder["file/run"]), Throws.TypeOf<BadInputException>().With.Message.Contains("which is no folder"));
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
