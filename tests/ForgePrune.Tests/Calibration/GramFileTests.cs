using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Testing;
using ForgePrune.Tests.Levels;

namespace ForgePrune.Tests.Calibration;

public sealed class GramFileTests
{
    private const int Seed = 13;
    private static readonly SourceHash Source = SourceHash.Of("made");

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(9)]
    public void Reads_what_was_written_in_float32(int cols)
    {
        using var folder = new TemporaryFolder();
        var gram = SyntheticInputs.Gram(20, cols, Seed);
        GramFile.Write(folder["a.gram"], Source, gram);
        var read = GramFile.Read(folder["a.gram"], cols, Source);
        Assert.That(read.Tokens, Is.EqualTo(20));
        Assert.That(read.Sums, Is.EqualTo(gram.Sums));
        Assert.That(read.Values, Is.EqualTo(gram.Values.Select(value => (double)(float)value)));
        Assert.That(new FileInfo(folder["a.gram"]).Length, Is.EqualTo(GramFile.FileBytes(cols)));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Truncated_foreign_and_changed_files_are_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.gram"];
        GramFile.Write(path, Source, SyntheticInputs.Gram(20, 5, Seed));
        var bytes = File.ReadAllBytes(path);
        Refused(bytes[..^1], "truncated");
        Refused(bytes[..10], "truncated");
        Refused([], "truncated");
        Refused([.. bytes, 0], "truncated");
        Refused([.. "NOTAGRAM"u8, .. bytes[8..]], "kind");
        foreach (var position in (int[])[48, 50, 60, 100, bytes.Length - 1])
            Refused(Flipped(position), "checksum");
        File.WriteAllBytes(path, bytes);
        Assert.That(() => GramFile.Read(path, 5, SourceHash.Of("another")), Throws.TypeOf<BadInputException>().With.Message.Contains("other sources"));
        Assert.That(() => GramFile.Read(path, 6, Source), Throws.TypeOf<BadInputException>().With.Message.Contains("5 columns"));
        Assert.That(() => GramFile.Read(folder["none.gram"], 5, Source), Throws.TypeOf<BadInputException>().With.Message.Contains("does not exist"));

        void Refused(byte[] changed, string word)
        {
            File.WriteAllBytes(path, changed);
            Assert.That(() => GramFile.Read(path, 5, Source), Throws.TypeOf<BadInputException>().With.Message.Contains(word));
        }

        byte[] Flipped(int position)
        {
            var changed = (byte[])bytes.Clone();
            changed[position] ^= 0x40;
            return changed;
        }
    }

    [Test]
    public void A_write_that_fails_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ChecksummedFile.Write(folder["a"], "FPTEST01", Source, 8, _ => throw new IOException("full")), Throws.TypeOf<IOException>());
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void The_gram_of_a_union_is_the_sum()
    {
        var x = SyntheticInputs.Activations(30, 6, Seed);
        var first = new GramStatistics(6);
        first.Add(new(1, 10, 6, x.Values[..60]), threads: 1);
        var second = new GramStatistics(6);
        second.Add(new(1, 20, 6, x.Values[60..]), threads: 1);
        var merged = GramStatistics.Merge(first, second);
        var whole = SyntheticInputs.Gram(x);
        Assert.That(merged.Tokens, Is.EqualTo(30));

        // Float32 products are summed in other blocks: a few ε of sums near 30.
        Assert.That(merged.Values, Is.EqualTo(whole.Values).Within(1e-4));
        Assert.That(merged.Sums, Is.EqualTo(whole.Sums).Within(1e-12));
    }

    [Test]
    public void Moments_are_those_of_the_columns()
    {
        var gram = SyntheticInputs.Gram(new(1, 4, 1, [1, 2, 3, 6]));
        Assert.That((gram.Mean(0), gram.MeanSquare(0), gram.Variance(0)), Is.EqualTo((3.0, 12.5, 3.5)));
    }
}
