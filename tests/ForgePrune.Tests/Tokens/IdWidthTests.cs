using System.Runtime.InteropServices;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>Ids of 32 or 64 bits are never read as twice or four times as many of 16.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class IdWidthTests : IDisposable
{
    private const int Window = 16;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [TestCase(2, 300, 10)]
    [TestCase(4, 300, 10)]
    [TestCase(8, 300, 10)]
    [TestCase(2, 24, 10)]
    [TestCase(4, 24, 10)]
    [TestCase(8, 24, 10)]
    [TestCase(2, 65536, 10)]
    [TestCase(4, 65536, 10)]
    [TestCase(2, 151936, 10)]
    [TestCase(4, 151936, 10)]
    [TestCase(8, 151936, 10)]
    [TestCase(4, 151936, 3)]
    [TestCase(2, 151936, 1)]
    [TestCase(4, 300, 3)]
    public void The_width_is_recognized_and_said(int width, int vocabulary, int rows)
    {
        var ids = Ids(rows * Window, width == 2 ? Math.Min(vocabulary, 65536) : vocabulary);
        var cut = Read("t.bin", Bytes(ids, width), vocabulary);
        Assert.That(cut.Windows.Hash, Is.EqualTo(new TokenWindows(Window, ids).Hash));
        Assert.That(cut.Remarks.Any(remark => remark.Contains($"{width} bytes", StringComparison.Ordinal)), Is.EqualTo(width > 2),
            "said where it is not the usual");
        Assert.That(cut.Remarks.Any(remark => remark.Contains("none above 65535", StringComparison.Ordinal)), Is.EqualTo(width == 2 && vocabulary > 65536));
    }

    [TestCase(".u16", 2)]
    [TestCase(".u32", 4)]
    [TestCase(".U64", 8)]
    public void The_name_states_the_width(string ending, int width)
    {
        var ids = Ids(2 * Window, 60);
        Assert.That(Read("t" + ending, Bytes(ids, width), 60).Windows.Hash, Is.EqualTo(new TokenWindows(Window, ids).Hash));
        // What is stated counts, however it looks.
        var zeros = new byte[Window * 8];
        Assert.That(Read("z" + ending, zeros, 60).Windows.Count, Is.EqualTo(8 / width));
    }

    [Test]
    public void What_was_recognized_is_said_where_an_id_is_none_of_the_model()
    {
        // Every second id is nearly nothing, so these look like ids of four bytes.
        var narrow = Bytes([.. Enumerable.Range(0, 4 * Window).Select(i => i % 2 == 0 ? 200 : 1)], 2);
        Assert.That(() => Read("t.bin", narrow, 300), Throws.InstanceOf<BadInputException>()
            .With.Message.Contains("read as ids of 4 bytes, gives token id 65736").And.Message.Contains(".u16"));
        Assert.That(Read("t.u16", narrow, 300).Windows.Count, Is.EqualTo(4));
    }

    [Test]
    public void Ids_out_of_a_vocabulary_are_refused_with_their_width()
    {
        // As 16 bits an id, all of these lie in the vocabulary.
        int[] ids = Ids(10 * Window, 70000);
        ids[33] = 69999;
        Refused("t.bin", Bytes(ids, 4), 69999, "token id 69999 at place 33");
        ids[33] = -100;
        Refused("t.bin", Bytes(ids, 4), 70000, "token id -100 at place 33");
        Refused("t.bin", Bytes(ids, 8), 70000, "token id -100 at place 33");
        Refused("t.u64", BitConverter.GetBytes(1L << 40).Concat(new byte[8 * (Window - 1)]).ToArray(), 70000, $"token id {1L << 40} at place 0");
    }

    [Test]
    public void Rows_and_ids_are_whole_by_the_width_that_the_ids_have()
    {
        var ids = Ids(5 * Window, 300);
        // Half a row of 32 bits is a whole row of 16.
        Refused("t.bin", Bytes(ids[..^(Window / 2)], 4), 300, "72 token ids of 4 bytes, which do not fill rows of 16");
        Refused("t.bin", Bytes(ids, 4)[..^2], 300, "no multiple of 4");
        Refused("t.bin", Bytes(ids, 2)[..^1], 300, "odd");
        Refused("t.u32", Bytes(ids, 2)[..^2], 300, "no multiple of 4");
    }

    [Test]
    public void What_cannot_be_told_is_asked_for()
    {
        Refused("t.bin", new byte[Window * 4], 300, "2 or 4 bytes");
        Refused("t.bin", new byte[Window * 80], 300, "2 or 4 or 8 bytes", ".u16, .u32, .u64");
        Refused("t.bin", Bytes(Ids(Window, 300), 4), 300, "2 or 4 bytes");
    }

    [Test]
    public void No_more_rows_are_read_than_asked_for()
    {
        var ids = Ids(100 * Window, 50000);
        ids[^1] = 60000;
        foreach (var width in new[] { 2, 4, 8 })
        {
            var path = folder.Write("t.bin", Bytes(ids, width));
            var cut = Windows.FromFile(path, null, Window, 50000, (3 * Window) + 5, null);
            Assert.That((cut.Windows.Count, cut.ReachedLimit), Is.EqualTo((3, true)));
            Assert.That(cut.Windows.Hash, Is.EqualTo(new TokenWindows(Window, ids[..(3 * Window)]).Hash));
            Assert.That(() => Windows.FromFile(path, null, Window, 50000, null, null),
                Throws.InstanceOf<BadInputException>().With.Message.Contains("60000 at place 1599"));
        }
    }

    [Test]
    public void Fewer_ids_than_asked_for_is_said()
    {
        var cut = Windows.FromFile(folder.Write("t.bin", Bytes(Ids(4 * Window, 300), 2)), null, Window, 300, 1000, null);
        Assert.That(cut.Remarks.Single(), Does.EndWith("gives 64 tokens where 1000 were asked for"));
    }

    [Test]
    public void Headers_and_text_are_no_ids()
    {
        foreach (var magic in new[] { 20240520, 20240801 })
            Refused("t.bin", [.. new[] { magic, 1, 320 }.SelectMany(BitConverter.GetBytes), .. new byte[1012], .. Bytes(Ids(20 * Window, 300), 2)], 50257,
                "llm.c", "tail -c +1025");
        Refused("t.bin", System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a text by the wrong name\n", 16))), 50257, "holds text");
    }

    [Test]
    public void More_than_the_first_sample_is_read()
    {
        var ids = Ids((1 << 15) * Window, 50000);
        foreach (var width in new[] { 2, 4, 8 })
            Assert.That(Read("t.bin", Bytes(ids, width), 50000).Windows.Hash, Is.EqualTo(new TokenWindows(Window, ids).Hash));
    }

    private CutWindows Read(string name, byte[] bytes, int vocabulary) => Windows.FromFile(folder.Write(name, bytes), null, Window, vocabulary, null, null);

    private void Refused(string name, byte[] bytes, int vocabulary, params string[] parts)
    {
        var fault = Assert.Throws<BadInputException>(() => Read(name, bytes, vocabulary));
        foreach (var part in parts)
            Assert.That(fault!.Message, Does.Contain(part));
    }

    // As text has them: mostly small ids, now and then a large one.
    private static int[] Ids(int count, int vocabulary)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i => i % 9 == 4 ? vocabulary - 1 - random.Next(vocabulary / 8) : random.Next(1, vocabulary / 2))];
    }

    private static byte[] Bytes(int[] ids, int width) => width switch
    {
        2 => MemoryMarshal.AsBytes<ushort>([.. ids.Select(id => (ushort)id)]).ToArray(),
        4 => MemoryMarshal.AsBytes<int>(ids).ToArray(),
        _ => MemoryMarshal.AsBytes<long>([.. ids.Select(id => (long)id)]).ToArray(),
    };
}
