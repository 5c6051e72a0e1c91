using System.IO.Compression;
using System.Text;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>What a file is decides how it is read; what cannot be read as text is refused by name, whatever the file is called.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TextFormatTests : IDisposable
{
    private const string Lines = "{\"text\":\"ab\\nb\"}\n\n{\"id\":7,\"text\":\"\\u00e9\"}\r\n{\"text\":\"\"}\n{\"text\":\"last\"}";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [TestCase("t.jsonl", Lines)]
    [TestCase("t.NDJSON", Lines)]
    [TestCase("t.jsonlines", "\uFEFF" + Lines)]
    [TestCase("t.json", Lines)]
    [TestCase("t.json", "\uFEFF" + Lines + "\n")]
    [TestCase("t", Lines)]
    [TestCase("t.json", "{\n  \"text\": \"ab\\nb\"\n}\n{\"text\":\"é\"} {\"text\":\"\"}\n\n{\"text\":\n\"last\"}\n")]
    [TestCase("t.json", "[{\"text\":\"ab\\nb\"},\n {\"text\":\"é\", \"meta\": {\"text\": 1}}, \"\", \"last\"]")]
    public void Documents_in_json_by_every_name(string name, string content) =>
        Assert.That(Read(name, content), Is.EqualTo(new[] { "ab\nb", "é", "", "last" }));

    [TestCase("t.txt", "{ not json }")]
    [TestCase("t", "[1] a citation")]
    [TestCase("t.md", "\"quoted\" speech")]
    [TestCase("t.txt", "<|endoftext|>\n{\"text\":\"as it stands\"}")]
    [TestCase("t.py", "{\"a\": 1}\nprint(2)\n")]
    public void Text_that_begins_a_little_like_json_is_text(string name, string content) =>
        Assert.That(Read(name, content), Is.EqualTo(new[] { content.Replace("<|endoftext|>\n", "", StringComparison.Ordinal) }));

    [TestCase("t.txt", Lines, "holds JSON")]
    [TestCase("t.log", "[\n\"ab\"]", "holds JSON")]
    [TestCase("t", "[{\"text\":\"ab\"}]", "holds JSON")]
    [TestCase("t.json", "{\"text\":\"ab\"}\n{\"prompt\":1,\"answer\":2}", "Object 2", "prompt, answer")]
    [TestCase("t.json", "[{\"text\":\"ab\"}, 7]", "Object 2", "not a JSON object")]
    [TestCase("t.json", "[{\"text\":\"ab\"}\n, {]", "Line 2", "not JSON")]
    [TestCase("t.json", "{\"text\":\"ab\"}\n\n{\"text\":\n\"ab\"]", "Line 4", "not JSON")]
    [TestCase("t.json", "{\"text\":\"ab\"", "Line 1", "not JSON")]
    [TestCase("t.json", "[{\"text\":\"ab\"}]\n\n]", "Line 3", "not JSON")]
    [TestCase("t.json", "plain", "Line 1", "not JSON")]
    [TestCase("t.jsonl", "\"ab\"", "Line 1", "not a JSON object")]
    [TestCase("t.jsonl", "{\"text\":null}", "Line 1", "no \"text\"")]
    [TestCase("t.jsonl", "{\n\"text\":\"over lines\"}", "Line 1", "not JSON")]
    [TestCase("t.json", "{\"text\":\"\\udc00\"}", "Object 1", "whole characters")]
    [TestCase("t.jsonl", "{\"\\udc00\":1}", "Line 1", "whole characters")]
    public void What_has_no_text_is_refused(string name, string content, params string[] parts)
    {
        var fault = Assert.Throws<BadInputException>(() => Read(name, content));
        foreach (var part in parts)
            Assert.That(fault!.Message, Does.Contain(part).And.Contain(name).And.Not.Contain('\n'));
    }

    [TestCase("table.csv", "text\n\"ab\"\n", "CSV")]
    [TestCase("table.TSV", "text\tb\n", "TSV")]
    [TestCase("a.gz", "plain, but called otherwise", "gzip")]
    [TestCase("a.docx", "PK\u0003\u0004", "Office")]
    [TestCase("a.npz", "PK\u0003\u0004", "npz")]
    [TestCase("a.txt", "PK\u0003\u0004", "ZIP")]
    [TestCase("a.txt", "PAR1\u0015\u0004", "Parquet")]
    [TestCase("a.txt", "%PDF-1.7\n", "PDF")]
    [TestCase("a.jsonl", "ARROW1\0\0", "Arrow")]
    [TestCase("a.txt", "SQLite format 3\0", "SQLite")]
    [TestCase("a.bin", "GGUF\u0003\0\0\0", "GGUF")]
    [TestCase("a.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS")]
    [TestCase("a.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS")]
    [TestCase("a.bin", "MMIDIDX\0\0\u0001", "Megatron")]
    [TestCase("a.txt", "a\0b\0c\0 \0d\0", "UTF-16")]
    [TestCase("a.txt", "\0a\0b\0c\0 \0d", "UTF-16")]
    [TestCase("a.txt", "abc\0def", "byte 3 is zero")]
    [TestCase("a.txt", "\u0003\0\u0001\0\u0007\0\u0002\0", ".bin")]
    public void Other_formats_are_refused_by_name(string name, string bytes, string part) => Refused(name, Encoding.Latin1.GetBytes(bytes), part);

    [Test]
    public void Other_formats_are_known_by_their_bytes()
    {
        Refused("a.txt", [0x28, 0xB5, 0x2F, 0xFD, 4, 0], "Zstandard");
        Refused("a.txt", [0x93, .. "NUMPY"u8, 1, 0], "NumPy");
        Refused("a.bin", [0x93, .. "NUMPY"u8, 1, 0], "NumPy");
        Refused("a.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("ab")], "UTF-16");
        Refused("a.txt", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes("ab")], "UTF-16");
        Refused("a.txt", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes("ab")], "UTF-32");
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write("{\"text\":\"ab\"}"u8);
        Refused("lines.jsonl", packed.ToArray(), "gzip");
        Refused("ids.bin", packed.ToArray(), "gzip");
    }

    // Stretches of 65,536 bytes are decoded at once: faults at their borders are found where they stand.
    [TestCase(65535, new byte[] { 0xFF }, 65535)]
    [TestCase(65536, new byte[] { 0xC3, 0x28 }, 65536)]
    [TestCase(65535, new byte[] { 0xE2, 0x82, 0x28 }, 65535)]
    [TestCase(65534, new byte[] { 0xF0, 0x9F, 0x98 }, 65534)]
    [TestCase(70000, new byte[] { 0xED, 0xA0, 0x80 }, 70000)]
    public void Broken_utf8_is_named_with_its_byte(int before, byte[] broken, int place)
    {
        foreach (var name in new[] { "a.txt", "a.jsonl" })
            Refused(name, [.. Enumerable.Repeat((byte)'a', before), .. broken], $"not UTF-8 at byte {place}");
    }

    [Test]
    public void Characters_at_the_borders_of_stretches_stay_whole()
    {
        foreach (var before in Enumerable.Range(65530, 8))
        {
            var text = new string('a', before) + "é€😀\n" + new string('b', 70000) + "😀";
            Assert.That(Read("a.txt", text).Single(), Is.EqualTo(text), $"{before}");
            Assert.That(Read("a.jsonl", $$"""{"text":"{{text.Replace("\n", "\\n", StringComparison.Ordinal)}}"}""").Single(), Is.EqualTo(text), $"{before}");
        }
    }

    [Test]
    public void One_line_may_be_very_long()
    {
        var text = string.Concat(Enumerable.Repeat("long ", 2_000_000));
        Assert.That(Read("a.txt", text).Single(), Is.EqualTo(text));
        Assert.That(Read("a.jsonl", "{\"text\":\"" + text + "\"}\n{\"text\":\"b\"}"), Is.EqualTo(new[] { text, "b" }));
        Assert.That(Read("a.json", "[{\"text\":\"" + text + "\"},\"b\"]"), Is.EqualTo(new[] { text, "b" }));
    }

    private void Refused(string name, byte[] bytes, string part)
    {
        var path = folder.Write(name, bytes);
        var fault = Assert.Throws<BadInputException>(() => Windows.FromFile(path, new NoWords(), 2, 300, null, null));
        Assert.That(fault!.Message, Does.Contain(part).And.Contain(name).And.EndsWith("."));
    }

    private string[] Read(string name, string content) => [.. Documents.Read(folder.Write(name, content)).Select(document => document.Whole())];

    /// <summary>A text is refused before anything is encoded.</summary>
    private sealed class NoWords : Tokenizer
    {
        public override int VocabSize => 0;

        public override int? BosTokenId => null;

        public override int? BeginTokenId => null;

        public override string? Token(int id) => null;

        public override string Decode(ReadOnlySpan<int> ids) => throw new NotSupportedException();

        protected override int[] EncodeText(string text) => throw new NotSupportedException(text);

        protected override int[] AddSpecial(int[] ids) => ids;
    }
}
