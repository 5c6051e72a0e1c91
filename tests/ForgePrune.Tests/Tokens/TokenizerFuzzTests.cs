using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Tokens;

/// <summary>The files of a tokenizer as others may write them: the same meaning gives the same ids, and nonsense one sentence.</summary>
public sealed class TokenizerFuzzTests
{
    private static readonly int Seed = Fuzz.Seed(20261127);

    private static readonly JsonObject Config = new()
    {
        ["bos_token"] = ByteTokenizer.BosToken,
        ["eos_token"] = ByteTokenizer.EosToken,
        ["add_bos_token"] = true,
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
        ["added_tokens_decoder"] = new JsonObject { ["2"] = ByteTokenizer.Added(2, ByteTokenizer.EosToken) },
    };

    private static readonly JsonObject[] Sound =
    [
        ByteTokenizer.Json(), ByteTokenizer.Json(begins: true), .. SyntheticTokenizers.All.Values.Select(json => JsonNode.Parse(json)!.AsObject()),
    ];

    [Test]
    [Category("Slow")]
    public void The_same_meaning_written_otherwise_gives_the_same_ids()
    {
        var random = new Random(Seed);
        using var folder = new TemporaryFolder();
        for (var i = 0; i < Fuzz.Count(400); i++)
        {
            var json = Sound[i % Sound.Length];
            // Only the byte-level ones know the tokens that the config names.
            var config = i % Sound.Length < 2 ? Config : [];
            var expected = Load(folder, json.ToJsonString(), config.ToJsonString());
            var (rewritten, rewrittenConfig) = (JsonRewriting.Tokenizer(json, random), JsonRewriting.Config(config, random));
            var tokenizer = Load(folder, rewritten, rewrittenConfig);
            var why = $"seed {Seed}, rewriting {i}: {rewrittenConfig}\n{rewritten}";
            Assert.That((tokenizer.BeginTokenId, tokenizer.BosTokenId, tokenizer.VocabSize),
                Is.EqualTo((expected.BeginTokenId, expected.BosTokenId, expected.VocabSize)), why);
            foreach (var text in SyntheticTokenizers.Texts)
            {
                var ids = expected.Encode(text, addSpecial: true);
                Assert.That(tokenizer.Encode(text, addSpecial: true), Is.EqualTo(ids), why);
                Assert.That(tokenizer.Decode(ids), Is.EqualTo(expected.Decode(ids)), why);
            }
        }
    }

    [Test]
    [Category("Slow")]
    public void Nonsense_in_either_file_loads_or_is_refused_in_one_sentence()
    {
        var (random, count, refused) = (new Random(Seed), Fuzz.Count(3000), 0);
        using var folder = new TemporaryFolder();
        for (var i = 0; i < count; i++)
        {
            var json = Sound[i % Sound.Length];
            var (tokenizer, config) = random.Next(3) == 0
                ? (ByteTokenizer.Json(begins: true).ToJsonString(), JsonMutation.Of(Config, random))
                : (JsonMutation.Of(json, random), "{}");
            if (!Survives(() =>
            {
                var loaded = Load(folder, tokenizer, config);
                foreach (var text in SyntheticTokenizers.Texts)
                    loaded.Decode(loaded.Encode(text, addSpecial: true));
            }, $"seed {Seed}, mutation {i}: {config}\n{tokenizer}"))
                refused++;
        }
        TestContext.Out.WriteLine($"{count} mutations, seed {Seed}, {refused} refused");
        Assert.That(refused, Is.InRange(count / 10, count * 9 / 10), "a fuzz that only ever does one thing tests nothing");
    }

    [Test]
    public void Nonsense_in_generation_config_leaves_ids_of_the_vocabulary_or_is_refused()
    {
        var (random, count, refused) = (new Random(Seed), Fuzz.Count(1000), 0);
        var sound = new JsonObject
        {
            ["_from_model_config"] = true,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = new JsonArray(3, 2),
            ["pad_token_id"] = 0,
            ["temperature"] = 0.6
        };
        using var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticModels.Config(layers: 1), Seed))
            SyntheticCheckpoint.Write(made, folder["m"]);
        for (var i = 0; i < count; i++)
        {
            var json = JsonMutation.Of(sound, random);
            folder.Write("m/generation_config.json", json);
            if (!Survives(() =>
            {
                using var model = DecoderModel.Open(folder["m"]);
                Assert.That(model.Config.EosTokenIds.Append(model.Config.BosTokenId ?? 0).Append(model.Config.PadTokenId ?? 0),
                    Is.All.InRange(0, model.Config.VocabSize - 1));
            }, $"seed {Seed}, mutation {i}: {json}"))
                refused++;
        }
        TestContext.Out.WriteLine($"{count} mutations, seed {Seed}, {refused} refused");
        Assert.That(refused, Is.InRange(count / 10, count * 9 / 10), "a fuzz that only ever does one thing tests nothing");
    }

    /// <summary>The original refuses more: members that say nothing of ids have types there too. A number beyond a double, or half a
    /// surrogate pair, ends its process where it reads a decoder.</summary>
    [Test]
    [Category("Slow")]
    public void What_we_and_the_original_accept_has_the_same_ids()
    {
        var (random, compared) = (new Random(Seed), 0);
        using var folder = new TemporaryFolder();
        for (var i = 0; compared < Fuzz.Count(100); i++)
        {
            var json = JsonMutation.Of(Sound[i % Sound.Length], random);
            if (json.Contains("1e999", StringComparison.Ordinal) || json.Contains("\\ud800", StringComparison.Ordinal)
                || Loaded(folder, json) is not { } tokenizer)
                continue;
            using var original = Original(folder["tokenizer.json"]);
            if (original is null)
                continue;
            compared++;
            foreach (var text in SyntheticTokenizers.Texts.Append("the cat</s> sat <s>a"))
            {
                if (Ids(tokenizer, text) is { } ids)
                    Assert.That(ids, Is.EqualTo(original.Encode(text).Select(id => (int)id)), $"seed {Seed}, mutation {i}, '{text}'\n{json}");
            }
        }
    }

    private static Tokenizer? Loaded(TemporaryFolder folder, string json)
    {
        try
        {
            return Load(folder, json, "{}");
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <returns>Null where the original refuses the file; it has no type of its own for that.</returns>
    private static Tokenizers.DotNet.Tokenizer? Original(string path)
    {
        try
        {
            return new Tokenizers.DotNet.Tokenizer(path);
        }
        catch (Exception fault) when (fault.Message.StartsWith("Failed to load tokenizer", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <returns>Null where the vocabulary cannot write the text, which the original leaves out without a word.</returns>
    private static int[]? Ids(Tokenizer tokenizer, string text)
    {
        try
        {
            return tokenizer.Encode(text, addSpecial: true);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static bool Survives(Action act, string why)
    {
        try
        {
            act();
            return true;
        }
        catch (BadInputException fault)
        {
            Assert.That(fault.Message, Does.EndWith(".").And.Not.Contain("\n"), why);
            return false;
        }
        catch (Exception fault) when (fault is not AssertionException)
        {
            Assert.Fail($"{why}\n{fault}");
            throw;
        }
    }

    private static Tokenizer Load(TemporaryFolder folder, string tokenizer, string config)
    {
        folder.Write("tokenizer.json", tokenizer);
        folder.Write("tokenizer_config.json", config);
        return TokenizerReader.Load(folder.Path);
    }
}
