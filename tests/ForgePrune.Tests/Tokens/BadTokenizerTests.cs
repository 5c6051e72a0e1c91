using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Tokens;

public sealed partial class BadTokenizerTests
{
    private static readonly int Seed = Fuzz.Seed(1234);
    private static readonly int Mutations = Fuzz.Count(2000);

    [TestCase("byte level", "\"type\":\"BPE\"", "\"type\":\"Unigram\"", "Unigram")]
    [TestCase("byte level", "\"type\":\"BPE\"", "\"type\":\"WordPiece\"", "WordPiece")]
    [TestCase("byte level", "\"type\":\"BPE\"", "\"type\":\"BPE\",\"dropout\":0.1", "dropout")]
    [TestCase("byte level", "\"type\":\"BPE\"", "\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\"", "end_of_word_suffix")]
    [TestCase("byte level", "\"type\":\"BPE\"", "\"type\":\"BPE\",\"unk_token\":\"<none>\"", "<none>")]
    [TestCase("byte level", "\"ByteLevel\",\"add_prefix_space\"", "\"BertPreTokenizer\",\"add_prefix_space\"", "BertPreTokenizer")]
    [TestCase("byte level", "\"normalizer\":null", "\"normalizer\":{\"type\":\"Lowercase\"}", "Lowercase")]
    [TestCase("byte level", "\"post_processor\":null", "\"post_processor\":{\"type\":\"BertProcessing\"}", "BertProcessing")]
    [TestCase("byte level", "\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"CTC\"", "CTC")]
    [TestCase("byte level", "\"vocab\"", "\"words\"", "vocab")]
    [TestCase("byte level", "\"merges\"", "\"rules\"", "merges")]
    [TestCase("byte level", "\"b\":1", "\"b\":0", "id 0 to both")]
    [TestCase("byte level", "\"b\":1", "\"b\":-1", "token id")]
    [TestCase("byte level", "\"b\":1", "\"b\":\"one\"", "token id")]
    [TestCase("byte level", "\"a b\"", "\"a b 1\"", "pair of tokens")]
    [TestCase("byte level", "\"a b\"", "\"a c\"", "'ac'")]
    [TestCase("byte level", "\"a b\"", "7", "pair of tokens")]
    [TestCase("byte level", "{\"version\"", "[{\"version\"", "not JSON")]
    [TestCase("split isolated", "[.1]", "[.1", "pattern")]
    [TestCase("split isolated", "[.1]", "\\\\p{Han}", "Han")]
    [TestCase("split isolated", "Isolated", "3", "Isolated or")]
    [TestCase("token strips left", "\"id\":15", "\"id\":2", "id 2 to both")]
    [TestCase("token strips left", "\"content\":\"<w>\"", "\"content\":\"ab\"", "make them agree")]
    [TestCase("metaspace", "\"replacement\":\"▁\"", "\"replacement\":\"\"", "one character")]
    [TestCase("metaspace", "\"always\"", "\"often\"", "always, first or never")]
    [TestCase("metaspace", "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"", "\"single\":[{\"SpecialToken\":{\"id\":\"<t>\"", "<t>")]
    [TestCase("metaspace", "\"content\":\"<w>\"", "\"content\":\"\\ud800\"", "whole Unicode")]
    public void What_is_wrong_is_named(string name, string from, string to, string part)
    {
        using var folder = new TemporaryFolder();
        var made = SyntheticTokenizers.All[name];
        Assert.That(made, Does.Contain(from));
        var path = folder.Write("tokenizer.json", made.Replace(from, to, StringComparison.Ordinal));
        Assert.That(() => TokenizerReader.Load(path), Throws.InstanceOf<BadInputException>().With.Message.Contains(part));
    }

    [Test]
    public void A_missing_file_is_named() =>
        Assert.That(() => TokenizerReader.Load("no/such/folder"), Throws.InstanceOf<BadInputException>().With.Message.Contains("no/such/folder"));

    [Test]
    public void A_character_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All["digits"]));
        Assert.That(() => tokenizer.Encode("abz"), Throws.InstanceOf<BadInputException>().With.Message.Contains("'z' (U+007A)"));
    }

    [Test]
    [Category("Slow")]
    public void A_damaged_file_loads_or_is_refused_and_nothing_else()
    {
        TestContext.Out.WriteLine($"seed {Seed}, {Mutations} mutations");
        using var folder = new TemporaryFolder();
        var random = new Random(Seed);
        var made = SyntheticTokenizers.All.Values.Select(Encoding.UTF8.GetBytes).ToArray();
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var bytes = Mutate(made[i % made.Length], made, random);
            try
            {
                var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", bytes));
                foreach (var text in SyntheticTokenizers.Texts)
                    tokenizer.Decode(tokenizer.Encode(text, addSpecial: i % 2 == 0));
            }
            catch (BadInputException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, mutation {i}: {e}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }
        TestContext.Out.WriteLine($"{refused} refused");
        Assert.That(refused, Is.InRange(1, Mutations - 1), "both ways out must have been taken");
    }

    // Half of the mutations put one JSON value in another's place, so that the damage is one of meaning; the others damage bytes.
    private static byte[] Mutate(byte[] source, byte[][] others, Random random)
    {
        if (random.Next(2) == 0)
        {
            var text = Encoding.UTF8.GetString(source);
            var (here, there) = (Scalars().Matches(text), Scalars().Matches(Encoding.UTF8.GetString(others[random.Next(others.Length)])));
            var old = here[random.Next(here.Count)];
            return Encoding.UTF8.GetBytes(text[..old.Index] + there[random.Next(there.Count)].Value + text[(old.Index + old.Length)..]);
        }
        var bytes = source.ToList();
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            var other = others[random.Next(others.Length)];
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)"\"{}[]:,\\0129<>-nulltrue ".ToCharArray()[random.Next(24)];
                    break;
                case 2 when bytes.Count > 20:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, other.AsSpan(random.Next(other.Length - 40), random.Next(1, 40)).ToArray());
                    break;
                default:
                    var from = random.Next(bytes.Count - length + 1);
                    for (var k = 0; k < length; k++)
                        bytes[at + k] = bytes[from + k];
                    break;
            }
        }
        return [.. bytes];
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|[0-9]+|true|false|null")]
    private static partial Regex Scalars();
}
