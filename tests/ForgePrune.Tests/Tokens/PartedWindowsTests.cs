using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

public sealed class PartedWindowsTests
{
    private const int Bos = 99, Vocabulary = 100, Length = 4;

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
    public void No_document_stands_in_two_parts([Values(0, 1, 2, 5)] long seed)
    {
        // Every document repeats one digit pair, so that its ids tell which one it is.
        var random = new Random(11);
        var packing = new DocumentPacking(Length, Bos, TextParts.Sizes(64), seed);
        for (var document = 0; !packing.IsFull; document++)
            packing.Add([.. Enumerable.Repeat(1000 + document, random.Next(1, 9))]);
        var parts = packing.Finish();
        var ids = new[] { parts.Fitting, parts.Selection, parts.Judging }.Select(Documents).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(ids[0].Intersect(ids[1]), Is.Empty);
            Assert.That(ids[0].Intersect(ids[2]), Is.Empty);
            Assert.That(ids[1].Intersect(ids[2]), Is.Empty);
            Assert.That(new[] { parts.Fitting.Count, parts.Selection.Count, parts.Judging.Count }, Is.EqualTo(new[] { 48, 8, 8 }));
            Assert.That(Enumerable.Range(0, parts.Selection.Count).All(window => parts.Selection.Window(window)[0] == Bos), Is.True);
        });

        static HashSet<int> Documents(TokenWindows windows) =>
            [.. Enumerable.Range(0, windows.Count).SelectMany(window => windows.Window(window).ToArray()).Where(id => id != Bos)];
    }

    [Test]
    public void A_text_of_many_documents_is_parted_by_documents_and_one_of_few_by_sections()
    {
        var many = PartedWindows.FromFile(folder.Write("many.jsonl", string.Join('\n', Enumerable.Repeat("{\"text\":\"ab ab a\"}", 100))),
            tokenizer, Length, Vocabulary, 32 * Length, Bos, seed: 0).Parts;
        var one = PartedWindows.FromFile(folder.Write("one.txt", string.Concat(Enumerable.Repeat("ab ab a ", 100))),
            tokenizer, Length, Vocabulary, 32 * Length, Bos, seed: 0).Parts;
        Assert.Multiple(() =>
        {
            // Whole documents: every window begins with one.
            Assert.That(Enumerable.Range(0, many.Judging.Count).Select(window => many.Judging.Window(window).ToArray()), Has.All.EqualTo(new[] { Bos, 6, 8, 7 }));
            Assert.That(new[] { one.Fitting.Count, one.Selection.Count, one.Judging.Count }, Is.EqualTo(new[] { 24, 4, 4 }));
        });
    }

    [Test]
    public void A_text_that_ends_early_gives_what_there_is_and_says_so()
    {
        var path = folder.Write("short.jsonl", string.Join('\n', Enumerable.Repeat("{\"text\":\"ab ab a\"}", 20)));
        var (parts, remarks) = PartedWindows.FromFile(path, tokenizer, Length, Vocabulary, 64 * Length, Bos, seed: 3);
        Assert.That(parts.Fitting.Count + parts.Selection.Count + parts.Judging.Count, Is.InRange(18, 20));
        Assert.That(remarks.Single(), Does.Contain("where 256 were asked for"));
    }

    [Test]
    public void Too_little_text_is_refused()
    {
        var path = folder.Write("tiny.txt", "ab ab a");
        var fault = Assert.Throws<BadInputException>(() => PartedWindows.FromFile(path, tokenizer, Length, Vocabulary, 64 * Length, Bos, seed: 0))!;
        Assert.That(fault.Message, Does.Contain("at least 8 are needed, to fit, to select, and to judge"));
    }

    [TestCase(8, true)]
    [TestCase(9, true)]
    [TestCase(64, false)]
    [TestCase(100, false)]
    [TestCase(784, false)]
    public void Windows_without_documents_are_parted_by_runs_that_the_seed_shifts(int count, bool alone)
    {
        var windows = new TokenWindows(2, [.. Enumerable.Range(0, 2 * count)]);
        for (var seed = 0; seed < 8; seed++)
        {
            var parts = TextParts.OfRuns(windows, seed, alone);
            int[] all = [.. new[] { parts.Fitting, parts.Selection, parts.Judging }.SelectMany(part =>
                Enumerable.Range(0, part.Count).SelectMany(window => part.Window(window).ToArray()))];
            Assert.That(all.Order(), Is.EqualTo(Enumerable.Range(0, 2 * count)), $"seed {seed}");
            Assert.That(parts.Selection.Count, Is.InRange(1, Math.Max(2, count / 6)), $"seed {seed}");
            Assert.That(parts.Judging.Count, Is.InRange(1, Math.Max(2, count / 6)), $"seed {seed}");
        }

        Assert.That(TextParts.OfRuns(windows, 0, alone).Judging.Window(0).ToArray(), Is.Not.EqualTo(TextParts.OfRuns(windows, 1, alone).Judging.Window(0).ToArray()));
    }
}
