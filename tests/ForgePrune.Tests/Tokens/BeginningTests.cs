using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Tokens;

/// <summary>What a text begins with: as add_bos_token says, and where it says nothing as the post-processor has it.</summary>
public sealed class BeginningTests
{
    [TestCase(true, null, ExpectedResult = ByteTokenizer.Bos)]
    [TestCase(true, true, ExpectedResult = ByteTokenizer.Bos)]
    [TestCase(true, false, ExpectedResult = null)]
    [TestCase(false, null, ExpectedResult = null)]
    [TestCase(false, true, ExpectedResult = ByteTokenizer.Bos)]
    [TestCase(false, false, ExpectedResult = null)]
    public int? A_text_begins_as_the_files_say(bool template, bool? addBos)
    {
        var tokenizer = Load(template, new JsonObject { ["bos_token"] = ByteTokenizer.BosToken, ["add_bos_token"] = addBos });
        Assert.That(tokenizer.BosTokenId, Is.EqualTo(ByteTokenizer.Bos), "named, put or not");
        int[] ids = tokenizer.Encode("the cat"), begun = tokenizer.Encode("the cat", addSpecial: true);
        Assert.That(begun, Is.EqualTo(tokenizer.BeginTokenId is { } begin ? [begin, .. ids] : ids));
        return tokenizer.BeginTokenId;
    }

    [Test]
    public void A_token_may_stand_in_an_object()
    {
        var named = new JsonObject { ["content"] = ByteTokenizer.BosToken, ["lstrip"] = false };
        Assert.That(Load(false, new JsonObject { ["bos_token"] = named, ["add_bos_token"] = true }).BeginTokenId, Is.EqualTo(ByteTokenizer.Bos));
    }

    [Test]
    public void Tokens_added_by_the_config_are_found_in_a_text()
    {
        var added = new JsonObject
        {
            ["264"] = ByteTokenizer.Added(264, "<|im_end|>"),
            ["2"] = ByteTokenizer.Added(2, ByteTokenizer.EosToken),
        };
        var tokenizer = Load(false, new JsonObject { ["added_tokens_decoder"] = added });
        Assert.That(tokenizer.Encode("the<|im_end|></s>"), Is.EqualTo((int[])[.. tokenizer.Encode("the"), 264, 2]));
        Assert.That(tokenizer.Decode([264]), Is.EqualTo("<|im_end|>"));
    }

    [TestCase("""{"add_bos_token":"yes"}""", "$.add_bos_token is '\"yes\"' where true or false")]
    [TestCase("""{"add_bos_token":1}""", "$.add_bos_token is '1' where true or false")]
    [TestCase("""{"add_bos_token":true}""", "bos_token is missing")]
    [TestCase("""{"bos_token":"<|startoftext|>"}""", "'<|startoftext|>' as the BOS token")]
    [TestCase("""{"bos_token":7}""", "$.bos_token is '7'")]
    [TestCase("""{"bos_token":{}}""", "has no \"content\"")]
    [TestCase("""{"added_tokens_decoder":{"first":{"content":"<x>"}}}""", "'first' where a token id")]
    [TestCase("""{"added_tokens_decoder":{"7":{"content":"</s>"}}}""", "id 7 to both")]
    [TestCase("""{"added_tokens_decoder":{"7":{"content":"<x>"}}}""", "id 7 to both")]
    [TestCase("""{"added_tokens_decoder":{"300":{"content":"<x>"}}}""", "the id 300 but by the vocabulary it has 264")]
    [TestCase("""{"added_tokens_decoder":{"300":{"content":"</s>"}}}""", "the id 300 but by the vocabulary it has 2")]
    [TestCase("""[1]""", "an object")]
    public void What_is_wrong_with_the_config_is_named(string config, string part)
    {
        using var folder = new TemporaryFolder();
        ByteTokenizer.Write(folder.Path);
        folder.Write("tokenizer_config.json", config);
        Assert.That(() => TokenizerReader.Load(folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains(part).And.Message
            .Contains("tokenizer_config.json"));
    }

    [Test]
    public void A_template_of_an_unknown_id_is_refused()
    {
        using var folder = new TemporaryFolder();
        var json = ByteTokenizer.Json(begins: true);
        json["post_processor"]!["special_tokens"]!["<s>"]!["ids"] = new JsonArray(999);
        folder.Write("tokenizer.json", json.ToJsonString());
        Assert.That(() => TokenizerReader.Load(folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains("token id 999"));
    }

    [Test]
    public void A_template_of_a_second_text_is_refused()
    {
        using var folder = new TemporaryFolder();
        var json = ByteTokenizer.Json(begins: true);
        json["post_processor"]!["single"]![1]!["Sequence"]!["id"] = "B";
        folder.Write("tokenizer.json", json.ToJsonString());
        Assert.That(() => TokenizerReader.Load(folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains("Sequence.id is '\"B\"'"));
    }

    [Test]
    public void Ids_without_text_are_left_out_of_a_text()
    {
        var tokenizer = Load(false, []);
        int[] ids = tokenizer.Encode("the cat");
        Assert.That(tokenizer.DecodeKnown([.. ids, 5000, -1, ByteTokenizer.Count]), Is.EqualTo("the cat"));
        Assert.That((tokenizer.Token(ByteTokenizer.Eos), tokenizer.Token(ByteTokenizer.Count)), Is.EqualTo((ByteTokenizer.EosToken, (string?)null)));
    }

    private static Tokenizer Load(bool template, JsonObject config)
    {
        using var folder = new TemporaryFolder();
        ByteTokenizer.Write(folder.Path, template, config);
        return TokenizerReader.Load(folder.Path);
    }
}
