using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

public sealed class StageTests
{
    [Test]
    public void A_finished_stage_is_reused_by_the_next_process()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"]))
            Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
        using var again = RunFolder.Open(folder["run"]);
        var result = again.Stage("plan", Key(), _ => Assert.Fail("ran again"));
        Assert.That(result.Reused, Is.True);
        Assert.That(File.ReadAllText(result.File("value")), Is.EqualTo("a"));
    }

    [TestCase("levels", "a", true)]
    [TestCase("levels", "b", false)]
    [TestCase("onnx", "a", false)]
    public void What_follows_from_model_and_text_is_read_in_another_run_where_it_is_whole(string stage, string content, bool lent)
    {
        using var folder = new TemporaryFolder();
        using (var lender = RunFolder.Open(folder["lender"]))
            File.WriteAllText(lender.Stage(stage, Key(), Write("a")).File("value"), content);
        using var run = RunFolder.Open(folder["run"], [folder["lender"]]);
        var result = run.Stage(stage, Key(), Write("made here"));
        Assert.That(result.Reused, Is.EqualTo(lent));
        Assert.That(File.ReadAllText(result.File("value")), Is.EqualTo(lent ? "a" : "made here"));
        Assert.That(run.Find(stage, Key())!.Folder, Does.StartWith(folder[lent ? "lender" : "run"]));
    }

    [TestCase("seed")]
    [TestCase("setting")]
    [TestCase("input")]
    [TestCase("version")]
    [TestCase("device")]
    public void Another_key_makes_the_stage_anew(string part)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), Write("a"));
        var key = Key();
        switch (part)
        {
            case "seed":
                key = key with { Seed = 2 };
                break;
            case "setting":
                key.Settings["window"] = "128";
                break;
            case "input":
                key.Inputs["model"] = "beef";
                break;
            case "version":
                key.Versions["ForgePrune"] = "9";
                break;
            default:
                key = key with { Device = "cpu, 3 threads" };
                break;
        }

        var result = run.Stage("plan", key, Write("b"));
        Assert.That(result.Reused, Is.False);
        Assert.That(File.ReadAllText(result.File("value")), Is.EqualTo("b"));
    }

    [TestCase("longer", "aa")]
    [TestCase("equally long", "b")]
    public void A_file_changed_behind_our_back_makes_the_stage_anew(string how, string content)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        File.WriteAllText(run.Stage("plan", Key(), Write("a")).File("value"), content);
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False, how);
    }

    [Test]
    public void A_file_gone_or_added_makes_the_stage_anew()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        File.Delete(run.Stage("plan", Key(), Write("a")).File("value"));
        var anew = run.Stage("plan", Key(), Write("a"));
        Assert.That(anew.Reused, Is.False);
        File.WriteAllText(anew.File("stray"), "");
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("{\"format\":1}")]
    public void A_torn_manifest_makes_the_stage_anew(string manifest)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), Write("a"));
        File.WriteAllText(folder["run/manifests/plan.json"], manifest);
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    [Test]
    public void A_stage_that_fails_leaves_no_result_and_runs_again()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"]))
        {
            Assert.That(() => run.Stage("plan", Key(), place =>
            {
                File.WriteAllText(Path.Combine(place, "value"), "half");
                throw new InvalidOperationException();
            }), Throws.InvalidOperationException);
            Assert.That(Directory.Exists(run.StageFolder("plan")), Is.False);
        }

        using var again = RunFolder.Open(folder["run"]);
        Assert.That(Directory.Exists(folder["run/.tmp"]), Is.False, "the half-made stage is swept away");
        Assert.That(again.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    // ENOSPC, EROFS, EDQUOT, EFBIG: what a stage's own writing meets when the disk fills up under it.
    [TestCase(28, "the disk is full")]
    [TestCase(30, "read-only")]
    [TestCase(122, "the disk is full")]
    [TestCase(27, "larger than")]
    public void A_disk_that_fails_under_a_stage_is_one_sentence_and_leaves_nothing(int error, string said)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        Assert.That(() => run.Stage("plan", Key(), place =>
        {
            File.WriteAllText(Path.Combine(place, "value"), "half");
            throw new IOException("as the system says it", error);
        }), Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains(said).And.Message.Contains("plan"));
        Assert.That(Directory.Exists(run.StageFolder("plan")), Is.False);
        Assert.That(Directory.Exists(run.TemporaryPath("plan")), Is.False);
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    [Test]
    public void A_stage_that_fails_to_read_keeps_its_own_fault()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        Assert.That(() => run.Stage("plan", Key(), _ => throw new FileNotFoundException()), Throws.TypeOf<FileNotFoundException>());
    }

    [Test]
    public void A_manifest_that_lists_no_file_where_one_should_be_makes_the_stage_anew()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), Write("a"));
        var path = folder["run/manifests/plan.json"];
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["files"] = new JsonArray((JsonNode?)null);
        File.WriteAllText(path, manifest.ToJsonString());
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    /// <summary>Copies of a model's files carry the modes of their originals.</summary>
    [Test]
    [Platform("Linux,MacOsX")]
    public void A_stage_may_hold_files_that_nobody_may_write()
    {
        RequireBounds();
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), place =>
        {
            Write("a")(place);
            SetMode(Path.Combine(place, "value"), UnixFileMode.UserRead);
        });
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.True);
        Assert.That(run.Stage("plan", Key() with { Seed = 2 }, Write("b")).Reused, Is.False);
    }

    [TestCase("plan/value")]
    [TestCase("manifests/plan.json")]
    [Platform("Linux,MacOsX")]
    public void A_file_that_nobody_may_read_makes_the_stage_anew(string file)
    {
        RequireBounds();
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), Write("a"));
        SetMode(folder[$"run/{file}"], UnixFileMode.None);
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    [Test]
    public void A_stage_moved_but_without_manifest_counts_as_unfinished()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        run.Stage("plan", Key(), Write("a"));
        File.Delete(folder["run/manifests/plan.json"]);
        Assert.That(run.Stage("plan", Key(), Write("a")).Reused, Is.False);
    }

    [Test]
    public void A_stage_made_anew_takes_the_summary_back()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        File.WriteAllText(run.SummaryPath, "{}");
        run.Stage("plan", Key(), Write("a"));
        Assert.That(File.Exists(run.SummaryPath), Is.False);
    }

    [Test]
    public void Equal_files_have_equal_content_hashes_and_others_do_not()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        string Hash(string stage, string text) => run.Stage(stage, Key(), Write(text)).Manifest.ContentHash();
        Assert.That(Hash("one", "a"), Is.EqualTo(Hash("two", "a")));
        Assert.That(Hash("levels/03", "b"), Is.Not.EqualTo(Hash("two", "a")));
    }

    [TestCase("../plan")]
    [TestCase("Plan")]
    [TestCase("")]
    [TestCase("a//b")]
    [TestCase("manifests")]
    public void Names_that_could_leave_the_folder_are_refused(string stage)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"]);
        Assert.That(() => run.Stage(stage, Key(), Write("a")), Throws.ArgumentException);
    }

    private static Action<string> Write(string text) => place => File.WriteAllText(Path.Combine(place, "value"), text);

    private static StageKey Key() => new()
    {
        Inputs = new() { ["model"] = "cafe" },
        Settings = new() { ["window"] = "256" },
        Versions = new() { ["ForgePrune"] = "0.1.0" },
        Seed = 1,
        Device = "cpu, 2 threads",
    };

    private static void RequireBounds() => Assume.That(Environment.IsPrivilegedProcess, Is.False, "root reads and writes whatever the modes say");

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
    }
}
