using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>Damaged texts and token files: one sentence says why not, or all that they hold is there.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TextFuzzTests
{
    private const int Usual = 2000;

    private static readonly string[] Plain =
    [
        "Once upon a time\nthere was é.\n<|endoftext|>\nAnother 😀 story.\r\n<|endoftext|>\r\n\n<|endoftext|>\nThe last", "<|endoftext|>\n\nab\n\n<|endoftext|>",
            "one line",
    ];

    private static readonly string[] Lines =
    [
        "{\"text\":\"ab\"}\n{\"id\":1,\"text\":\"é\\n\\u00e9\",\"meta\":{\"a\":[1,2]}}\r\n\n{\"text\":\"\"}\n{\"text\":\"last\"}", "{\"text\":\"x\"}",
    ];

    [Test]
    [Category("Slow")]
    public void Plain_texts()
    {
        Try("plain", Plain, "t.txt", (path, bytes) =>
        {
            var documents = Documents.Read(path).Select(document => document.Whole()).ToArray();
            Assert.That(documents, Is.EqualTo(Divided(new UTF8Encoding(false, true).GetString(bytes).TrimStart('\uFEFF', 1))));
        });
    }

    [Test]
    [Category("Slow")]
    public void Json_lines()
    {
        Try("lines", Lines, "t.jsonl", (path, bytes) =>
        {
            var documents = Documents.Read(path).Select(document => document.Whole()).ToArray();
            var lines = new UTF8Encoding(false, true).GetString(bytes).TrimStart('\uFEFF', 1).Split('\n').Where(line => !string.IsNullOrWhiteSpace(line));
            Assert.That(documents, Is.EqualTo(lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("text").GetString())));
        });
    }

    [Test]
    [Category("Slow")]
    public void Json_arrays()
    {
        Try("arrays", [.. Lines.Select(lines => $"[{string.Join(",\n", lines.Split('\n').Where(line => line.Trim().Length > 0))}, \"alone\"]")], "t.json",
            (path, bytes) =>
        {
            // Beside the texts, what is not UTF-8 is nobody's fault.
            var text = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF', 1);
            var documents = Documents.Read(path).Select(document => document.Whole()).ToArray();
            // What no longer begins as a list is a row of objects.
            var whole = JsonSerializer.Deserialize<JsonElement>(text.TrimStart().StartsWith('[') ? text : $"[{text}]");
            Assert.That(documents, Is.EqualTo(whole.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()
                : value.GetProperty("text").GetString())));
        });
    }

    [Test]
    [Category("Slow")]
    public void Token_ids()
    {
        const int Window = 8, Vocabulary = 70000;
        var random = new Random(3);
        int[] ids = [.. Enumerable.Range(0, 8 * Window).Select(i => i % 5 == 0 ? random.Next(60000) : random.Next(300))];
        byte[][] sounds = [MemoryMarshal.AsBytes<ushort>([.. ids.Select(id => (ushort)id)]).ToArray(), MemoryMarshal.AsBytes<int>(ids).ToArray(),
            MemoryMarshal.AsBytes<long>([.. ids.Select(id => (long)id)]).ToArray()];
        foreach (var sound in sounds)
        {
            var width = sound.Length / ids.Length;
            Try($"ids of {width} bytes", [sound], "t.bin", (path, bytes) =>
            {
                var cut = Windows.FromFile(path, null, Window, Vocabulary, null, null);
                var read = Enumerable.Range(0, cut.Windows.Count).SelectMany(row => cut.Windows.Window(row).ToArray()).ToArray();
                // Every byte is part of an id of one width, and little damage does not make that another.
                var found = bytes.Length / read.Length;
                Assert.That(bytes.Length, Is.EqualTo(read.Length * found));
                Assert.That(read.SequenceEqual(Enumerable.Range(0, read.Length).Select(i => found switch
                {
                    2 => BitConverter.ToUInt16(bytes, i * 2),
                    4 => BitConverter.ToInt32(bytes, i * 4),
                    _ => (int)BitConverter.ToInt64(bytes, i * 8),
                })));
                Assert.That(cut.Remarks.Any(remark => remark.Contains("is read as", StringComparison.Ordinal)), Is.EqualTo(found != 2));
                if (bytes.Length == sound.Length && bytes.Zip(sound).Count(pair => pair.First != pair.Second) <= 4)
                    Assert.That(found, Is.EqualTo(width));
            });
        }
    }

    private static void Try(string what, string[] sounds, string name, Action<string, byte[]> check) =>
        Try(what, [.. sounds.Select(Encoding.UTF8.GetBytes)], name, check);

    private static void Try(string what, byte[][] sounds, string name, Action<string, byte[]> check)
    {
        int count = Fuzz.Count(Usual), seed = Fuzz.Seed(20261127);
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var (read, refused) = (0, 0);
        for (var round = 0; round < count; round++)
        {
            var bytes = Mutation.Of(sounds[random.Next(sounds.Length)], random);
            var path = folder.Write(name, bytes);
            try
            {
                check(path, bytes);
                read++;
            }
            catch (BadInputException fault)
            {
                Assert.That(fault.Message, Does.Contain(name).And.EndWith(".").And.Not.Contain('\n'), $"{what}, round {round}");
                refused++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"{what}, seed {seed}, round {round}: {fault}\n{Convert.ToBase64String(bytes)}");
            }
        }
        TestContext.Out.WriteLine($"{what}: {read} read, {refused} refused, seed {seed}");
        Assert.That((read > 0, refused > 0), Is.EqualTo((true, true)), "a fuzz that only ever does one thing tests nothing");
    }

    /// <summary>All documents of a text at hand: what reading by stretches must give.</summary>
    private static List<string> Divided(string text)
    {
        var (documents, document) = (new List<string>(), new StringBuilder());
        foreach (var line in text.Split('\n').Select((line, i) => i == text.Count(c => c == '\n') ? line : line + "\n"))
        {
            if (line is not (Documents.EndOfDocument or Documents.EndOfDocument + "\n" or Documents.EndOfDocument + "\r\n"))
            {
                document.Append(line);
                continue;
            }
            var ended = document.ToString();
            documents.Add(ended.EndsWith("\r\n", StringComparison.Ordinal) ? ended[..^2] : ended.EndsWith('\n') ? ended[..^1] : ended);
            document.Clear();
        }
        documents.Add(document.ToString());
        return [.. documents.Where(each => each.Length > 0)];
    }
}

/// <summary>Only the marks that stand in front, at most so many.</summary>
file static class Marks
{
    public static string TrimStart(this string text, char mark, int most) => most == 1 && text.StartsWith(mark) ? text[1..] : text;
}
