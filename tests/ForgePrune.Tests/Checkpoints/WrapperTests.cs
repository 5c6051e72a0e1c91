using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Decoders inside models of text and images.</summary>
public sealed class WrapperTests
{
    private static readonly (string Type, string Class, string Family)[] Wrappers =
    [
        ("gemma3", "Gemma3ForConditionalGeneration", "gemma3_text"), ("mistral3", "Mistral3ForConditionalGeneration", "mistral"),
        ("llava", "LlavaForConditionalGeneration", "llama"),
    ];

    private static IEnumerable<TestCaseData> Cases() => Wrappers.SelectMany(wrapper => SyntheticWrapper.Spellings, (wrapper, spelling) =>
        new TestCaseData(wrapper.Type, wrapper.Class, wrapper.Family, spelling).SetArgDisplayNames(wrapper.Type, spelling));

    [TestCaseSource(nameof(Cases))]
    public void A_decoder_inside_another_model_is_read_as_it_is_alone(string type, string architecture, string family, string spelling)
    {
        using var folder = new TemporaryFolder();
        var (alone, inside) = (Write(folder["alone"], family), Write(folder["inside"], family));
        SyntheticWrapper.Wrap(inside, type, architecture, spelling);
        using CheckpointModel expected = DecoderModel.Open(alone), found = DecoderModel.Open(inside);
        // The hash is one of config and of all values.
        Assert.That(found.ContentHash, Is.EqualTo(expected.ContentHash));
        Assert.That(found.LeftOut, Is.EqualTo($"the decoder of a {type} is read and written as {family}; its 2 tensors for images (16 B) are left out"));
        Assert.That(expected.LeftOut, Is.Null);
        Assert.That(new FileInfo(Path.Combine(inside, "model.safetensors")).Length - found.StoredBytes, Is.EqualTo(16), "tensors for images are no weights");

        CheckpointWriter.Write(found, folder["written"]);
        using var again = DecoderModel.Open(folder["written"]);
        Assert.That((again.ContentHash, again.LeftOut, again.Config.Family), Is.EqualTo((expected.ContentHash, (string?)null, family)));
    }

    [Test]
    public void The_class_without_a_head_is_the_same_model()
    {
        using var folder = new TemporaryFolder();
        Write(folder["inside"], "gemma3_text");
        SyntheticWrapper.Wrap(folder["inside"], "gemma3", "Gemma3Model", "language_model.", config => config.Remove("model_type"));
        using var model = DecoderModel.Open(folder["inside"]);
        Assert.That(model.Config.Family, Is.EqualTo("gemma3_text"));
    }

    [Test]
    public void Sizes_that_the_section_leaves_out_are_those_of_its_class()
    {
        // gemma-3-4b names these and no others.
        var config = Read("gemma3", "Gemma3ForConditionalGeneration",
            """
            {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
             "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}
            """, "\"eos_token_id\": [1, 106]");
        Assert.That((config.VocabSize, config.HiddenSize, config.HeadDim, config.MaxPositions), Is.EqualTo((262208, 2560, 256, 131072)));
        Assert.That(config.Layers, Is.EqualTo(Enumerable.Repeat(new LayerShape(4, 8, 10240), 34)));
        Assert.That(config.EosTokenIds, Is.EqualTo(new[] { 1, 106 }), "the ids around the decoder are those that generation ends at");
        Assert.That((config.KindOf(0), config.KindOf(5)), Is.EqualTo((new AttentionKind { Local = true, Window = 1024 }, default(AttentionKind))));

        // llava-1.5-7b leaves out all of these sizes.
        config = Read("llava", "LlavaForConditionalGeneration",
            """{"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096, "model_type": "llama", "rms_norm_eps": 1e-05, "vocab_size": 32064}""",
            "\"tie_word_embeddings\": false, \"pad_token_id\": 32001");
        Assert.That((config.VocabSize, config.HiddenSize, config.TiedEmbeddings, config.PadTokenId), Is.EqualTo((32064, 4096, false, (int?)32001)));
        Assert.That(config.Layers, Is.EqualTo(Enumerable.Repeat(new LayerShape(32, 32, 11008), 32)));
    }

    [Test]
    public void A_decoder_that_names_no_family_is_the_usual_one() =>
        Assert.That(Read("mistral3", "Mistral3ForConditionalGeneration", "{\"num_hidden_layers\": 2}").Layers[0], Is.EqualTo(new LayerShape(8, 32, 14336)));

    [TestCase("{\"model_type\": \"ministral3\"}", "", "text_config.model_type 'ministral3' is not supported")]
    [TestCase("{\"model_type\": \"llama\", \"architectures\": [\"LlamaForTokenClassification\"]}", "",
        "text_config.architecture 'LlamaForTokenClassification' of model_type llama is not supported")]
    [TestCase("{\"model_type\": \"granite\"}", "", "text_config.hidden_size is missing")]
    [TestCase("{\"hidden_size\": \"wide\"}", "", "text_config.hidden_size is 'wide'")]
    [TestCase("null", "", "text_config is missing")]
    [TestCase("7", "", "text_config is 7")]
    [TestCase("{}", "\"quantization_config\": {\"bits\": 4}", "quantized (quantization_config)")]
    [TestCase("{\"quantization_config\": {\"bits\": 4}}", "", "quantized (text_config.quantization_config)")]
    [TestCase("{\"tie_word_embeddings\": true}", "\"tie_word_embeddings\": false", "tie_word_embeddings is false and text_config.tie_word_embeddings true")]
    [TestCase("{}", "\"auto_map\": {\"AutoModelForImageTextToText\": \"modeling_own.Own\"}", "auto_map sends 'AutoModelForImageTextToText'")]
    public void Refuses_by_name_what_it_does_not_read(string text, string around, string why)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", Config("llava", "LlavaForConditionalGeneration", text, around));
        Sentence.AssertBadInput(() => HuggingFaceConfig.Read(folder["config.json"]), folder["config.json"], why);
    }

    [TestCase("llava", "LlavaForSequenceClassification", "of model_type llava is not supported")]
    [TestCase("llava_next", "LlavaNextForConditionalGeneration", "model_type 'llava_next' is not supported")]
    public void Refuses_other_models_around_a_decoder(string type, string architecture, string why) =>
        Assert.That(() => Read(type, architecture, "{}"), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains(why));

    [Test]
    public void A_tensor_of_no_known_part_is_refused()
    {
        using var folder = new TemporaryFolder();
        SyntheticWrapper.Wrap(Write(folder["inside"], "llama"), "llava", "LlavaForConditionalGeneration", "model.language_model.");
        SyntheticCheckpoint.EditHeader(folder["inside/model.safetensors"],
            header => header.Replace("model.vision_tower.patches", "model.audio_tower.patches", StringComparison.Ordinal));
        Assert.That(() => DecoderModel.Open(folder["inside"]),
            Throws.TypeOf<Errors.BadInputException>().With.Message.Contains("'model.audio_tower.patches.weight' belongs to nothing"));
    }

    [Test]
    public void Tensors_for_images_are_refused_in_a_decoder_alone()
    {
        using var folder = new TemporaryFolder();
        Write(folder["alone"], "llama");
        SyntheticCheckpoint.EditHeader(folder["alone/model.safetensors"],
            header => header.Replace("model.norm.weight", "vision_tower.norm.weight", StringComparison.Ordinal));
        Assert.That(() => DecoderModel.Open(folder["alone"]), Throws.TypeOf<Errors.BadInputException>());
    }

    private static string Write(string folder, string family)
    {
        var plain = SyntheticModels.Config() with { MaxPositions = 512, TiedEmbeddings = family != "llama" };
        using var model = SyntheticModels.Random(family == "gemma3_text" ? SyntheticFamilies.Of(plain)[family] : plain with { Family = family }, seed: 5);
        return SyntheticCheckpoint.Write(model, folder);
    }

    private static ModelConfig Read(string type, string architecture, string text, string around = "")
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", Config(type, architecture, text, around));
        return HuggingFaceConfig.Read(folder["config.json"]).Config;
    }

    private static string Config(string type, string architecture, string text, string around) => new JsonObject
    {
        ["model_type"] = type,
        ["architectures"] = new JsonArray(architecture),
        ["text_config"] = JsonNode.Parse(text),
        ["vision_config"] = new JsonObject(),
    }.ToJsonString()[..^1] + (around.Length == 0 ? "}" : $", {around}}}");
}
