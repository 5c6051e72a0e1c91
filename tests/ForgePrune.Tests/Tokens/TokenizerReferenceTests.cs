using ForgePrune.Tokens;

namespace ForgePrune.Tests.Tokens;

/// <summary>Ids against an independent implementation.</summary>
public sealed class TokenizerReferenceTests
{
    private const int Seed = 20260701;
    private const int RandomTexts = 3000;

    private static readonly string[] All =
    [
        "tokenizers/gpt2", "tokenizers/llama2", "tokenizers/llama3", "tokenizers/mistral-v0.1", "tokenizers/qwen2.5",
        "models/minimind2-small-hf-f16", "models/stories15M-hf-f16",
    ];

    [TestCaseSource(nameof(All))]
    public void Ids_equal_the_reference(string name)
    {
        var path = TestData.Shared([.. name.Split('/'), "tokenizer.json"]);
        string[] texts = [.. Samples.Texts, .. Samples.Random(Seed, RandomTexts)];
        var expected = NodeReference.Encode(path, texts);
        var tokenizer = Tokenizer.Load(path);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < texts.Length; i++)
            {
                var why = $"seed {Seed}, text {i}: {Show(texts[i])}";
                Assert.That(tokenizer.Encode(texts[i]), Is.EqualTo(expected.Ids[i]), why);
                Assert.That(tokenizer.Encode(texts[i], addSpecial: true), Is.EqualTo(expected.Special[i]), why);
                Assert.That(tokenizer.Decode(expected.Ids[i]), Is.EqualTo(expected.Decoded[i]), why);
            }
        });
    }

    private static string Show(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
