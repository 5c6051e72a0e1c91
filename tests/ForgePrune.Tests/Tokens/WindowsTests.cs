using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

public sealed class WindowsTests
{
    // a 0, b 1, ab 6, " a" 7, " ab" 8; BOS is given as 99.
    private const int Bos = 99, Vocabulary = 100;

    private TemporaryFolder folder = null!;
    private Tokenizer tokenizer = null!;

    [SetUp]
    public void Make()
    {
        folder = new();
        tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All["digits"]));
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void Every_window_begins_with_bos_and_the_tail_is_counted()
    {
        var cut = Windows.FromText(tokenizer, folder.Write("t.txt", "ab ab a ab ab"), 3, Vocabulary, null, Bos);
        Assert.Multiple(() =>
        {
            Assert.That(Rows(cut), Is.EqualTo(new int[][] { [Bos, 6, 8], [Bos, 7, 8] }));
            Assert.That(cut.DroppedTokens, Is.EqualTo(2));
            Assert.That(cut.ReachedLimit, Is.False);
        });
    }

    [Test]
    public void Documents_are_packed_with_bos_between_them_but_never_twice()
    {
        var path = folder.Write("t.jsonl", "{\"text\":\"ab\"}\n\n{\"text\":\"a a\"}\n{\"text\":\"\"}\n{\"text\":\"b ab\"}\n");
        var cut = Windows.FromText(tokenizer, path, 5, Vocabulary, null, Bos);
        Assert.That(Rows(cut), Is.EqualTo(new int[][] { [Bos, 6, Bos, 0, 7], }));
        Assert.That(cut.DroppedTokens, Is.EqualTo(3));
    }

    [Test]
    public void Without_bos_the_stream_is_cut_as_it_is() =>
        Assert.That(Rows(Windows.FromText(tokenizer, folder.Write("t.txt", "ab ab a"), 3, Vocabulary, null, null)), Is.EqualTo(new int[][] { [6, 8, 7] }));

    [TestCase("ab\n<|endoftext|>\nb", new[] { "ab", "b" })]
    [TestCase("ab\r\n<|endoftext|>\r\nb\r\n", new[] { "ab", "b\r\n" })]
    [TestCase("<|endoftext|>\nab\n<|endoftext|>", new[] { "ab" })]
    [TestCase("a <|endoftext|>\nb", new[] { "a <|endoftext|>\nb" })]
    [TestCase("\uFEFFa\n\nb", new[] { "a\n\nb" })]
    [TestCase("a\n\n<|endoftext|>\n\n<|endoftext|>x\nb", new[] { "a\n", "\n<|endoftext|>x\nb" })]
    [TestCase("\n<|endoftext|>\r\n\r\n<|endoftext|>\r", new[] { "\r\n<|endoftext|>\r" })]
    [TestCase("<|endoftext|>\n<|endoftext|>\n\na\r", new[] { "\na\r" })]
    public void A_line_of_its_own_divides_plain_text(string text, string[] documents) =>
        Assert.That(Documents.Read(folder.Write("t.txt", text)).Select(document => document.Whole()), Is.EqualTo(documents));

    [Test]
    public void No_more_tokens_are_taken_than_asked_for()
    {
        var cut = Windows.FromText(tokenizer, folder.Write("t.txt", "ab ab a ab ab"), 3, Vocabulary, 5, Bos);
        Assert.That((cut.Windows.Count, cut.DroppedTokens, cut.ReachedLimit), Is.EqualTo((1, 0L, true)));
    }

    [Test]
    public void Token_files_come_back_as_they_were_written()
    {
        var windows = new TokenWindows(2, [1, 2, 65535, 0]);
        TokenFile.Write(folder["t.bin"], windows);
        var read = Windows.FromFile(folder["t.bin"], null, 2, 65536, null, Bos).Windows;
        Assert.That(read.Hash, Is.EqualTo(windows.Hash));
        Assert.That(folder.Files, Has.Length.EqualTo(2), "no unfinished file stays");
    }

    [Test]
    public void The_hash_tells_ids_and_rows_apart()
    {
        string[] hashes = [new TokenWindows(2, [1, 2, 3, 4]).Hash, new TokenWindows(4, [1, 2, 3, 4]).Hash, new TokenWindows(2, [1, 2, 4, 3]).Hash];
        Assert.That(hashes, Is.Unique);
    }

    [TestCase(0, 2, 10)]
    [TestCase(1, 3, 6)]
    [TestCase(2, 2, 8)]
    [TestCase(3, 2, 10)]
    public void Every_third_window_is_held_out_from_one_that_the_seed_names_on(int seed, int count, int second)
    {
        var (kept, heldOut) = new TokenWindows(2, [.. Enumerable.Range(0, 14)]).HoldOut(3, seed);
        Assert.That((kept.Count, heldOut.Count, heldOut.Window(1)[0]), Is.EqualTo((7 - count, count, second)));
    }

    [TestCase("t.txt", "", 3, "empty")]
    [TestCase("t.txt", "ab", 3, "gives 2 tokens")]
    [TestCase("t.txt", "ab ab ab", 1, "at least 2")]
    [TestCase("t.txt", "ab\u00FF", 3, "not UTF-8 at byte 2")]
    [TestCase("t.txt", "ab ab", 3, "token id 8 at place 1 and the model's vocabulary ends at 6")]
    [TestCase("t.jsonl", "{\"text\":\"ab\"}\n{\"texts\":1}", 3, "Line 2")]
    [TestCase("t.jsonl", "{\"text\":\"ab\"}\nab", 3, "Line 2")]
    [TestCase("t.jsonl", "[1]", 3, "Line 1")]
    [TestCase("t.jsonl", "{\"text\":\"\\ud800\"}", 3, "Line 1")]
    [TestCase("t.bin", "", 3, "empty")]
    [TestCase("t.bin", "\u0001\u0000\u0001", 3, "odd")]
    [TestCase("t.bin", "\u0001\u0000\u0002\u0003", 3, "rows of 3")]
    [TestCase("t.bin", "\u0001\u0000\u0001\u0001", 2, "token id 257 at place 1")]
    public void A_file_that_gives_no_windows_is_refused(string name, string bytes, int windowLength, string part)
    {
        var path = folder.Write(name, System.Text.Encoding.Latin1.GetBytes(bytes));
        Assert.That(() => Windows.FromFile(path, tokenizer, windowLength, 7, null, 1), Throws.InstanceOf<BadInputException>().With.Message.Contains(part));
    }

    [Test]
    public void Other_refusals_name_their_reason()
    {
        var text = folder.Write("t.txt", "ab ab");
        Assert.Multiple(() =>
        {
            Refused(() => Windows.FromFile(text, tokenizer, 3, 100, 2, null), "2 tokens were asked for");
            Refused(() => Windows.FromFile(text, null, 3, 100, null, null), "no tokenizer");
            Refused(() => Windows.FromFile(folder["none.txt"], tokenizer, 3, 100, null, null), "cannot be read");
            Refused(() => TokenFile.Read(folder["none.bin"], 3, 100), "cannot be read");
            Refused(() => TokenFile.Write(folder["wide.bin"], new TokenWindows(2, [1, 65536])), "65536");
        });
        Assert.That(File.Exists(folder["wide.bin"]), Is.False);
    }

    private static void Refused(Action action, string part) =>
        Assert.That(action, Throws.InstanceOf<BadInputException>().With.Message.Contains(part));

    private static int[][] Rows(CutWindows cut) => [.. Enumerable.Range(0, cut.Windows.Count).Select(i => cut.Windows.Window(i).ToArray())];
}
