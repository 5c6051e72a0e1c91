using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

/// <summary>A file that has not changed is not read again; every change that the file system tells of is noticed.</summary>
public sealed class KnownHashesTests
{
    private const int Large = 1 << 20;

    private static readonly DateTime LongAgo = DateTime.UtcNow.AddHours(-1);

    [Test]
    public void An_unchanged_file_is_read_once()
    {
        using var folder = new TemporaryFolder();
        var file = Made(folder, 1);
        var hash = Hash(folder);
        Assert.That(hash, Is.EqualTo(ManifestHash.OfFile(file)));
        var forged = Forged(folder, hash);
        Assert.That(Hash(folder), Is.EqualTo(forged));
    }

    /// <summary>A worker takes no lock and writes nothing there, but reads what whoever collects has hashed.</summary>
    [Test]
    public void A_process_that_only_reads_a_run_hashes_no_unchanged_file()
    {
        using var folder = new TemporaryFolder();
        var file = Made(folder, 1);
        using (var run = RunFolder.Open(folder["run"]))
        {
            run.Hashes.OfFile(file);
            run.Hashes.Save();
        }

        var known = folder["run/hashes.json"];
        var forged = new string('f', 64);
        File.WriteAllText(known, File.ReadAllText(known).Replace(ManifestHash.OfFile(file), forged, StringComparison.Ordinal));
        var before = File.ReadAllBytes(known);
        using (var worker = RunFolder.Attach(folder["run"]))
        {
            Assert.That(worker.Hashes.OfFile(file), Is.EqualTo(forged), "not read");
            Assert.That(worker.Hashes.OfFile(Other()), Is.Not.EqualTo(forged));
            worker.Hashes.Save();
        }

        Assert.That(File.ReadAllBytes(known), Is.EqualTo(before));

        string Other()
        {
            var other = folder["other"];
            File.WriteAllBytes(other, new byte[Large]);
            return other;
        }
    }

    [Test]
    [Platform("Linux")]
    public void Other_bytes_under_the_same_size_and_time_are_noticed()
    {
        using var folder = new TemporaryFolder();
        Made(folder, 1);
        Hash(folder);
        var file = Made(folder, 2);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)), "written over");
        File.Move(file, folder["old"]);
        File.Move(Made(folder, 3), folder["new"]);
        File.Move(folder["old"], file);
        Hash(folder);
        File.Move(folder["new"], file, overwrite: true);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)), "replaced by another file");
    }

    [Test]
    public void Another_time_or_size_is_noticed()
    {
        using var folder = new TemporaryFolder();
        var file = Made(folder, 1);
        Hash(folder);
        File.SetLastWriteTimeUtc(Made(folder, 2), LongAgo.AddTicks(1));
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)));
        Made(folder, 3, Large + 1);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)));
    }

    [Test]
    public void A_file_that_was_just_written_is_not_trusted()
    {
        using var folder = new TemporaryFolder();
        var now = DateTime.UtcNow;
        var file = Made(folder, 1);
        File.SetLastWriteTimeUtc(file, now);
        Hash(folder);
        Made(folder, 2);
        File.SetLastWriteTimeUtc(file, now);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)), "a clock of two seconds would not tell the two apart");
    }

    [Test]
    public void A_small_file_is_always_read()
    {
        using var folder = new TemporaryFolder();
        var file = Made(folder, 1, 100);
        Hash(folder);
        Made(folder, 2, 100);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)));
        Assert.That(File.Exists(folder["run/hashes.json"]), Is.False);
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{\"hashes\":{\"bytes of x\":null}}")]
    [TestCase("{\"hashes\":3}")]
    public void A_damaged_memory_is_no_memory(string text)
    {
        using var folder = new TemporaryFolder();
        var file = Made(folder, 1);
        Hash(folder);
        File.WriteAllText(folder["run/hashes.json"], text);
        Made(folder, 2);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(file)));
    }

    [Test]
    public void A_link_that_leads_elsewhere_is_noticed()
    {
        if (OperatingSystem.IsWindows())
            Assert.Ignore("links need a right of their own");
        using var folder = new TemporaryFolder();
        foreach (var (name, seed) in new[] { ("blob-1", 1), ("blob-2", 2) })
            File.Move(Made(folder, seed), folder[name]);
        File.CreateSymbolicLink(folder["file"], folder["blob-1"]);
        var first = Hash(folder);
        Assert.That(first, Is.EqualTo(ManifestHash.OfFile(folder["blob-1"])));
        File.Delete(folder["file"]);
        File.CreateSymbolicLink(folder["file"], folder["blob-2"]);
        Assert.That(Hash(folder), Is.EqualTo(ManifestHash.OfFile(folder["blob-2"])));
    }

    [Test]
    public void A_models_hash_is_remembered_until_weights_or_config_change()
    {
        using var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticModels.Config(layers: 4, hidden: 64, headDim: 16, ffn: 512, vocab: 2048), 5))
            SyntheticCheckpoint.Write(made, folder["model"]);
        var (weights, config) = (folder["model/model.safetensors"], folder["model/config.json"]);
        Assert.That(new FileInfo(weights).Length, Is.GreaterThan(Large));
        Age();
        var first = ModelHashOf(folder);

        var forged = Forged(folder, first);
        Assert.That(ModelHashOf(folder), Is.EqualTo(forged));

        Change(weights);
        File.SetLastWriteTimeUtc(weights, LongAgo.AddSeconds(1));
        var second = ModelHashOf(folder);
        Assert.That(second, Is.Not.EqualTo(first).And.EqualTo(Computed(folder)));

        SyntheticCheckpoint.EditConfig(folder["model"], json => json["rope_theta"] = 12345);
        Assert.That(ModelHashOf(folder), Is.Not.EqualTo(second).And.EqualTo(Computed(folder)));

        void Age()
        {
            foreach (var file in new[] { weights, config })
                File.SetLastWriteTimeUtc(file, LongAgo);
        }

        static void Change(string file) => SyntheticCheckpoint.EditData(file, data =>
        {
            data[3] ^= 1;
            return data;
        });
    }

    [Test]
    public void A_stages_large_file_is_not_read_on_resume_and_a_changed_one_is_noticed()
    {
        using var folder = new TemporaryFolder();
        string file;
        using (var run = RunFolder.Open(folder["run"]))
            file = run.Stage("items", Key(), Write).File("file");
        using (var run = RunFolder.Open(folder["run"]))
            Assert.That(run.Stage("items", Key(), Write).Reused, Is.True);
        Forged(folder, ManifestHash.OfFile(file));
        using (var run = RunFolder.Open(folder["run"]))
            Assert.That(run.Stage("items", Key(), Write).Reused, Is.False, "the memory is believed, the file is not read");
        File.WriteAllBytes(file, Bytes(2, Large));
        File.SetLastWriteTimeUtc(file, LongAgo.AddSeconds(1));
        using (var run = RunFolder.Open(folder["run"]))
            Assert.That(run.Stage("items", Key(), Write).Reused, Is.False);

        static void Write(string place)
        {
            File.WriteAllBytes(Path.Combine(place, "file"), Bytes(1, Large));
            File.SetLastWriteTimeUtc(Path.Combine(place, "file"), LongAgo);
        }
    }

    private static string Made(TemporaryFolder folder, int seed, int bytes = Large)
    {
        folder.Write("file", Bytes(seed, bytes));
        File.SetLastWriteTimeUtc(folder["file"], LongAgo);
        return folder["file"];
    }

    /// <summary>A hash that no file has takes the place of one that is remembered: where it is given back, the file was not read.</summary>
    private static string Forged(TemporaryFolder folder, string hash)
    {
        var (memory, forged) = (File.ReadAllText(folder["run/hashes.json"]), new string('0', hash.Length));
        Assert.That(memory, Does.Contain(hash));
        File.WriteAllText(folder["run/hashes.json"], memory.Replace(hash, forged, StringComparison.Ordinal));
        return forged;
    }

    private static byte[] Bytes(int seed, int bytes)
    {
        var made = new byte[bytes];
        new Random(seed).NextBytes(made);
        return made;
    }

    /// <summary>As a process of its own finds it.</summary>
    private static string Hash(TemporaryFolder folder) => InRun(folder, run => run.Hashes.OfFile(folder["file"]));

    private static string ModelHashOf(TemporaryFolder folder) => InRun(folder, run =>
    {
        using var model = DecoderModel.Open(folder["model"]);
        model.HashBy(run.Hashes);
        return model.ContentHash;
    });

    private static string Computed(TemporaryFolder folder)
    {
        using var model = DecoderModel.Open(folder["model"]);
        return ModelHash.Compute(model);
    }

    private static T InRun<T>(TemporaryFolder folder, Func<RunFolder, T> read)
    {
        using var run = RunFolder.Open(folder["run"]);
        var result = read(run);
        // A stage's end keeps what was learnt.
        run.Find("none", Key());
        return result;
    }

    private static StageKey Key() => StageKey.Of([new StageFormat("made", 1)], [], [], new Dictionary<string, string>(), 1, "cpu");
}
