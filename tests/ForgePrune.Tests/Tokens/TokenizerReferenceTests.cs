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
    public void Ids_equal_the_reference_on_chosen_texts(string name) => Compare(name, Samples.Texts, addSpecial: false);

    [TestCaseSource(nameof(All))]
    public void Ids_with_special_tokens_equal_the_reference(string name) => Compare(name, Samples.Texts, addSpecial: true);

    [TestCaseSource(nameof(All))]
    public void Ids_equal_the_reference_on_random_texts(string name) => Compare(name, [.. Samples.Random(Seed, RandomTexts)], addSpecial: false);

    private static void Compare(string name, string[] texts, bool addSpecial)
    {
        var path = TestData.Shared([.. name.Split('/'), "tokenizer.json"]);
        var tokenizer = Tokenizer.Load(path);
        var expected = NodeReference.Encode(path, texts, addSpecial);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < texts.Length; i++)
                Assert.That(tokenizer.Encode(texts[i], addSpecial), Is.EqualTo(expected.Ids[i]), $"seed {Seed}, text {i}: {Show(texts[i])}");
        });
    }

    private static string Show(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
