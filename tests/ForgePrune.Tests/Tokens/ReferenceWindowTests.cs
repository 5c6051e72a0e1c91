using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Checkpoints;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>The stored reference windows, made by SentencePiece and by Python, come out of our tokenizers too.</summary>
public sealed partial class ReferenceWindowTests
{
    private const int WindowLength = 256;

    [TestCase("stories15M", "models/stories15M-hf-f16", 32000)]
    [TestCase("minimind2-small", "models/minimind2-small-hf-f16", 6400)]
    public void Encoding_the_stories_gives_the_stored_calibration_windows(string name, string model, int vocabSize)
    {
        var stored = TokenFile.Read(Shared.File($"reference/tokens/{name}.calib.bin"), WindowLength, vocabSize);
        var tokenizer = TokenizerReader.Load(Shared.File(model));
        Assert.That(tokenizer.BosTokenId, Is.EqualTo(1));
        var rows = Stories(Shared.File("text/tinystories.train-head.txt"))
            .Select(story => tokenizer.Encode(story)).Where(ids => ids.Length >= WindowLength - 1).Take(stored.Count).ToArray();
        Assert.That(rows, Has.Length.EqualTo(stored.Count));
        Assert.Multiple(() =>
        {
            for (var i = 0; i < rows.Length; i++)
                Assert.That((int[])[1, .. rows[i].Take(WindowLength - 1)], Is.EqualTo(stored.Window(i).ToArray()), $"window {i}");
        });
    }

    // A single newline ends a story; inside one, blank lines become a single newline; stories that are not ASCII are left out.
    private static IEnumerable<string> Stories(string path) =>
        from story in SingleNewline().Split(File.ReadAllText(path))
        let text = SpaceWithNewline().Replace(story.Trim(), "\n")
        where Ascii.IsValid(text)
        select text;

    [GeneratedRegex(@"(?<!\n)\n(?!\n)")]
    private static partial Regex SingleNewline();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex SpaceWithNewline();
}
