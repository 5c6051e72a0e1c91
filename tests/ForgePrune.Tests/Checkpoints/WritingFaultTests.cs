using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class WritingFaultTests
{
    [Test]
    public void Reports_a_place_that_cannot_be_written()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        BrokenEnvironmentException error = Assert.Throws<BrokenEnvironmentException>(
            () => CheckpointWriter.Write(SyntheticModels.Random(SyntheticModels.Config(), seed: 21), folder["file/out"]))!;
        Assert.That(error.Message, Does.StartWith("cannot write " + folder["file/out"]));
    }

    [Test]
    public void Reports_a_disk_that_is_too_small_before_it_reads_a_weight()
    {
        using var folder = new TemporaryFolder();
        // Some 13 petabytes, none of which is ever asked for.
        using var giant = new ConfigOnly(SyntheticModels.Config(4096, 1 << 20, 64, 1 << 14, 1 << 14, 1 << 18, 64));
        BrokenEnvironmentException error = Assert.Throws<BrokenEnvironmentException>(() => CheckpointWriter.Write(giant, folder["out"]))!;
        Sentence.AssertOne(error.Message, folder["out"], "bytes and its disk has");
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Leaves_nothing_behind_when_writing_breaks_off()
    {
        using var folder = new TemporaryFolder();
        InMemoryModel sound = SyntheticModels.Random(SyntheticModels.Config(), seed: 22);
        var breaking = new InMemoryModel(sound.Config, layer => layer == 0 ? sound.ReadLayer(0) : throw new IOException("No space left on device."),
            sound.ReadEmbedding(), sound.ReadFinalNorm(), null);
        BrokenEnvironmentException error = Assert.Throws<BrokenEnvironmentException>(() => CheckpointWriter.Write(breaking, folder["out"]))!;
        Assert.That(error.Message, Does.Contain(folder["out"]).And.Contain("No space left on device"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Replaces_nothing_not_even_what_ForgePrune_wrote()
    {
        using var folder = new TemporaryFolder();
        InMemoryModel first = SyntheticModels.Random(SyntheticModels.Config(), seed: 24), second = SyntheticModels.Random(SyntheticModels.Config(), seed: 25);
        CheckpointWriter.Write(first, folder["out"]);
        folder.Write("out/notes.txt", "mine");
        Assert.That(() => CheckpointWriter.Write(second, folder["out"]), Throws.TypeOf<BadInputException>().With.Message.Contains("not replaced"));
        using CheckpointModel kept = DecoderModel.Open(folder["out"]);
        Assert.That(kept.ContentHash, Is.EqualTo(first.ContentHash));
        Assert.That(File.Exists(folder["out/notes.txt"]), Is.True);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    /// <summary>A model that has sizes and nothing else.</summary>
    private sealed class ConfigOnly(ModelConfig config) : IDecoderModel
    {
        public ModelConfig Config => config;

        public string ContentHash => throw new NotSupportedException();

        public LayerWeights ReadLayer(int index) => throw new NotSupportedException();

        public Matrix ReadEmbedding() => throw new NotSupportedException();

        public float[] ReadFinalNorm() => throw new NotSupportedException();

        public Matrix ReadHead() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
