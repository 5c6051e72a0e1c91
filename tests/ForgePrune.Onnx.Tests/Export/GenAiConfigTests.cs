using System.Text.Json.Nodes;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Quantization;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Export;

public sealed class GenAiConfigTests
{
    /// <summary>GenAI refuses a file with a key that it does not know. These are known to 0.15.2 and to 0.18.0, as far as we need them.</summary>
    private static readonly string[] Known =
    [
        "model", "model.type", "model.bos_token_id", "model.eos_token_id", "model.pad_token_id", "model.context_length", "model.vocab_size", "model.decoder",
        "model.decoder.filename", "model.decoder.session_options", "model.decoder.session_options.provider_options", "model.decoder.hidden_size",
        "model.decoder.head_size", "model.decoder.num_hidden_layers", "model.decoder.num_attention_heads", "model.decoder.num_key_value_heads",
        "model.decoder.inputs", "model.decoder.inputs.input_ids", "model.decoder.inputs.attention_mask", "model.decoder.inputs.past_key_names",
        "model.decoder.inputs.past_value_names", "model.decoder.outputs", "model.decoder.outputs.logits", "model.decoder.outputs.present_key_names",
        "model.decoder.outputs.present_value_names", "search", "search.do_sample", "search.max_length", "search.min_length", "search.num_beams",
        "search.past_present_share_buffer",
    ];

    [Test]
    public void Every_key_is_known_to_the_oldest_and_the_newest_GenAI() =>
        Assert.That(Keys(Of(ExportCases.Unequal with { PadTokenId = 3 })), Is.EquivalentTo(Known));

    [TestCase(128, 128)]
    [TestCase(4096, 4096)]
    [TestCase(131072, 4096)]
    public void A_client_that_asks_for_no_length_gets_caches_of_at_most_4096(int positions, int length)
    {
        var config = Of(ExportCases.Plain with { MaxPositions = positions });
        Assert.That((config["search"]!["max_length"]!.GetValue<int>(), config["model"]!["context_length"]!.GetValue<int>()), Is.EqualTo((length, positions)));
    }

    [Test]
    public void Begin_ends_and_padding_are_the_models()
    {
        var model = Of(ExportCases.Plain with { BosTokenId = 5, EosTokenIds = [3, 2], PadTokenId = 7 })["model"]!;
        Assert.That((model["bos_token_id"]!.GetValue<int>(), model["pad_token_id"]!.GetValue<int>()), Is.EqualTo((5, 7)));
        Assert.That(model["eos_token_id"]!.AsArray().Select(id => id!.GetValue<int>()), Is.EqualTo(new[] { 3, 2 }));
    }

    [Test]
    public void A_model_that_names_no_padding_is_padded_with_its_end()
    {
        var model = Of(ExportCases.Plain with { EosTokenIds = [3, 2] })["model"]!;
        Assert.That(model["pad_token_id"]!.GetValue<int>(), Is.EqualTo(3));
    }

    [TestCase("{}")]
    [TestCase("""{"model":{"eos_token_id":"</s>"}}""")]
    [TestCase("""{"model":""")]
    public void A_spoilt_file_is_named(string text)
    {
        using var folder = new TemporaryFolder();
        folder.Write(GenAiConfig.FileName, text);
        Assert.That(() => GenAiConfig.ReadEnds(folder.Path), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains(GenAiConfig.FileName));
    }

    private static JsonObject Of(ModelConfig config) => JsonNode.Parse(GenAiConfig.Of(config))!.AsObject();

    private static IEnumerable<string> Keys(JsonObject json, string before = "") => json.SelectMany(member =>
        (member.Value is JsonObject inner ? Keys(inner, $"{before}{member.Key}.") : []).Prepend(before + member.Key));
}
