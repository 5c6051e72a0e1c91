using System.Text;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>Windows are the first of a text: what is not needed is not read, and what is read gives the ids of the whole.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EarlyStopTests
{
    private const int Window = 64;

    [TestCaseSource(typeof(SyntheticTokenizers), nameof(SyntheticTokenizers.Names))]
    [Category("Slow")]
    public void The_first_ids_of_a_long_text_are_those_of_the_whole(string name)
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All[name]));
        var random = new Random(11);
        string[] words = ["ab", " ab", "a", "b ", " ", "1", "12", "..", ".", "<w>", " <w>", "  "];
        var text = new StringBuilder();
        while (text.Length < 600_000)
        {
            // Now and then the same over and over: no word ends for a long while.
            var (word, times) = (words[random.Next(words.Length)], random.Next(4000) == 0 ? random.Next(30_000) : 1);
            for (var i = 0; i < times; i++)
                text.Append(word);
        }
        // é is text for tokenizers of bytes only: the others know a and b.
        Compare(tokenizer, folder.Write("t.txt", text.ToString()), [64, 8192, 100_032]);
    }

    [TestCase("llama2", "text/wikitext-2-raw.train-head.txt")]
    [TestCase("llama3", "text/wikitext-2-raw.train-head.txt")]
    [TestCase("qwen2.5", "text/tinystories.train-head.txt")]
    [TestCase("gpt2", "text/tinyshakespeare.txt")]
    [TestCase("mistral-v0.1", "text/redpajama_sample_book2.jsonl")]
    [Category("Slow")]
    public void Real_tokenizers_and_texts(string tokenizer, string text) =>
        Compare(TokenizerReader.Load(Shared.File($"tokenizers/{tokenizer}")), Shared.File(text), [64, 16_384, 65_536]);

    [Test]
    [Category("Slow")]
    public void Nothing_beyond_what_is_needed_is_looked_at()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All["byte level"]));
        byte[] good = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ab ab. ", 150_000)));
        foreach (var (name, bytes) in new[]
        {
            ("t.txt", [.. good, 0xFF]),
            ("t.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"text\":\"ab ab.\"}\n", 60_000)) + "no json")),
            ("t.json", Encoding.UTF8.GetBytes("[" + string.Concat(Enumerable.Repeat("{\"text\":\"ab ab.\"},\n", 60_000)) + "no json")),
        })
        {
            var path = folder.Write(name, bytes);
            Assert.That(Windows.FromText(tokenizer, path, Window, 100, 1000, 1).ReachedLimit);
            Assert.That(() => Windows.FromText(tokenizer, path, Window, 100, null, 1), Throws.InstanceOf<BadInputException>());
        }
    }

    [TestCase("long.jsonl", "{\"text\":\"", "\"}")]
    [TestCase("long.json", "[\"", "\"]")]
    public void Of_one_long_line_only_the_beginning_is_encoded(string name, string before, string after)
    {
        using var folder = new TemporaryFolder();
        var document = Documents.Read(folder.Write(name, before + string.Concat(Enumerable.Repeat("ab \U0001f642.", 20_000)) + after)).Single();
        Assert.That(document.Take(8), Is.EqualTo(("ab \U0001f642.ab", false)));
        Assert.That(document.Take(4), Is.EqualTo(("ab \U0001f642", false)), "both halves of a character");
        Assert.That(document.Take(120_000).IsAll);
        Assert.That(document.Whole(), Has.Length.EqualTo(120_000));
    }

    [Test]
    public void Fewer_tokens_than_asked_for_is_said()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All["byte level"]));
        var cut = Windows.FromText(tokenizer, folder.Write("t.txt", "ab ab ab ab ab"), 2, 100, 10, null);
        Assert.That(cut.Remarks, Is.EqualTo(new[] { $"{folder["t.txt"]}: the last 1 tokens fill no window and are left out",
            $"{folder["t.txt"]} gives 4 tokens where 10 were asked for" }));
        Assert.That(Windows.FromText(tokenizer, folder["t.txt"], 2, 100, 5, null).Remarks, Is.Empty, "4 are all that 5 give");
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public void A_pipe_without_end_is_read_as_far_as_needed()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All["byte level"]));
        var pipe = folder["pipe"];
        using var feeder = System.Diagnostics.Process.Start("bash", ["-c", $"mkfifo '{pipe}'; touch '{pipe}.made'; yes ab | tr '\\n' ' ' > '{pipe}'"])!;
        while (!File.Exists(pipe + ".made"))
            Thread.Sleep(5);
        var cut = Windows.FromFile(pipe, tokenizer, Window, 100, 10_000, 1);
        feeder.WaitForExit();
        Assert.That((cut.Windows.Count, cut.ReachedLimit), Is.EqualTo((156, true)));
    }

    private static void Compare(Tokenizer tokenizer, string path, int[] counts)
    {
        var whole = Windows.FromText(tokenizer, path, Window, tokenizer.VocabSize, null, 1).Windows;
        foreach (var count in counts)
        {
            var cut = Windows.FromText(tokenizer, path, Window, tokenizer.VocabSize, count, 1);
            var expected = Math.Min(count / Window, whole.Count);
            Assert.That(cut.Windows.Hash, Is.EqualTo(whole.Slice(0, expected).Hash), $"{count} tokens");
            Assert.That(cut.ReachedLimit, Is.EqualTo(whole.Count > expected), $"{count} tokens");
        }
    }
}
