using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Spoils one key of a good config.json per case and expects the sentence for it.</summary>
public sealed class BadConfigTests
{
    private static IEnumerable<TestCaseData> Values()
    {
        string[] sizes = ["hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size", "intermediate_size"];
        foreach (string key in sizes)
        {
            yield return Set(key, "0", $"{key} is 0");
            yield return Set(key, "-3", $"{key} is -3");
            yield return Set(key, "9999999999999", $"{key} is 9999999999999");
            yield return Set(key, "\"many\"", $"{key} is 'many'");
            yield return Set(key, "1.5", $"{key} is 1.5");
            yield return Set(key, null, $"{key} is missing");
        }

        yield return Set("num_key_value_heads", "3", "does not divide");
        yield return Set("num_key_value_heads", "{}", "num_key_value_heads is an object");
        yield return Set("head_dim", "7", "odd");
        yield return Set("head_dim", "0", "head_dim is 0");
        yield return Set("rms_norm_eps", "-1", "rms_norm_eps is -1");
        yield return Set("rms_norm_eps", "1e999", "rms_norm_eps is 1e999");
        yield return Set("rope_theta", "0", "rope_theta is 0");
        yield return Set("rope_theta", "\"big\"", "rope_theta is 'big'");
        yield return Set("max_position_embeddings", "-1", "max_position_embeddings is -1");
        yield return Set("tie_word_embeddings", "1", "tie_word_embeddings is 1");
        yield return Set("attention_bias", "\"yes\"", "attention_bias is 'yes'");
        yield return Set("bos_token_id", "64", "outside the vocabulary");
        yield return Set("eos_token_id", "[1, 64]", "outside the vocabulary");
        yield return Set("eos_token_id", "[1, \"a\"]", "eos_token_id is a list");
        yield return Set("hidden_act", "\"gelu\"", "hidden_act is 'gelu'");
        yield return Set("model_type", "\"phi\"", "model_type 'phi' is not supported");
        yield return Set("model_type", "7", "model_type is 7");
        yield return Set("model_type", "\"forgeprune\"", "family is missing");
        yield return Set("architectures", "[\"LlamaForSequenceClassification\"]", "LlamaForSequenceClassification");
        yield return Set("architectures", "\"LlamaForCausalLM\"", "architectures is 'LlamaForCausalLM'");
        yield return Set("quantization_config", "{\"bits\": 4}", "quantized");
        yield return Set("rope_interleaved", "true", "rope_interleaved");
        yield return Set("partial_rotary_factor", "0.5", "partial_rotary_factor");
        yield return Set("rope_scaling", "{\"rope_type\": \"ntk\", \"factor\": 4.0}", "'ntk' is not supported");
        yield return Set("rope_scaling", "{\"type\": \"linear\"}", "rope_scaling.factor is missing");
        yield return Set("rope_scaling", "{\"type\": \"linear\", \"factor\": 4.0, \"beta_fast\": 32}",
            "'rope_scaling.beta_fast' is not known to rope scaling 'linear'");
        yield return Set("rope_scaling", "{\"type\": \"yarn\", \"factor\": 4.0, \"beta_fast\": 1, \"beta_slow\": 2}", "beta_fast 1 and beta_slow 2");
        yield return Set("rope_scaling", "{\"type\": \"longrope\", \"original_max_position_embeddings\": 64, \"long_factor\": [1, 1, 1, 1]}",
            "rope_scaling.short_factor is missing");
        yield return Set("rope_scaling",
            "{\"type\": \"longrope\", \"original_max_position_embeddings\": 64, \"short_factor\": [1], \"long_factor\": [1, 1, 1, 1]}",
            "short_factor has 1 and long_factor 4 numbers where 4 pairs turn");
        yield return Set("rope_scaling", "{\"type\": \"longrope\", \"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 1, 1, 1]}",
            "original_max_position_embeddings is missing");
        yield return Set("rope_scaling", "{\"type\": \"longrope\", \"factor\": 4, \"original_max_position_embeddings\": 64, "
            + "\"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 1, 1, 1]}",
            "rope_scaling.factor is 4 and max_position_embeddings / original_max_position_embeddings 2");
        yield return Set("rope_scaling", "{\"rope_type\": \"llama3\", \"factor\": 8}", "low_freq_factor is missing");
        yield return Set("rope_scaling",
            "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 1, \"original_max_position_embeddings\": 64}",
                "below the high");
        yield return Set("rope_scaling", "3", "rope_scaling is 3");
        yield return Set("rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 5}", "rope_theta");
        yield return Set("rope_parameters", "{\"full_attention\": {\"rope_type\": \"proportional\", \"factor\": 64.0, \"rope_theta\": 10000}}",
            "'proportional' is not supported");
        yield return Set("rope_parameters", "{\"full_attention\": {\"rope_theta\": 10000}, \"sliding_attention\": {\"rope_theta\": 20000}}",
            "otherwise than 'sliding_attention'");
        yield return Set("rope_parameters", "{\"sliding_attention\": {\"rope_theta\": 10000}}", "nothing for layers of type 'full_attention'");
        yield return Set("rope_parameters", "{\"rope_theta\": 10000, \"full_attention\": {\"rope_theta\": 10000}}", "beside those for one type");
        yield return Set("rope_parameters", "{\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5}", "rope_parameters.partial_rotary_factor is not 1");
        yield return Set("rope_parameters", "{\"full_attention\": {\"partial_rotary_factor\": 0.25}}", "rope_parameters.full_attention.partial_rotary_factor");
        yield return Set("rope_parameters", "{\"full_attention\": {\"attention\": {}}}", "'rope_parameters.full_attention.attention' is not known");
        yield return Set("rope_scaling", "{\"rope_type\": \"default\", \"mrope_section\": [16, 24, 24]}", "'rope_scaling.mrope_section' is not known");
        yield return Set("rope_scaling", "{\"rope_type\": \"llama3\", \"type\": \"default\"}",
            "rope_scaling.rope_type is 'llama3' and rope_scaling.type 'default'");
        yield return Set("rope_scaling", "{\"factor\": 4.0}", "rope_scaling.factor is 4 and no rope_type");
        yield return Set("rope_scaling", "{\"rope_theta\": 20000}", "rope_scaling.rope_theta is 20000");
        yield return Case("Refuses_an_original_length_that_disagrees", c => (c["rope_scaling"], c["original_max_position_embeddings"]) = (Llama3(), 32),
            "original_max_position_embeddings is 32");
        yield return Case("Refuses_rope_objects_that_disagree", c => (c["rope_scaling"], c["rope_parameters"]) =
            (Llama3(), new JsonObject { ["rope_type"] = "default" }), "disagree");
        yield return Set("attention_multiplier", "0.0078125", "attention_multiplier is 0.0078125");
        yield return Set("logits_scaling", "8", "logits_scaling is 8");
        yield return Set("embedding_multiplier", "\"12\"", "embedding_multiplier is '12'");
        yield return Set("final_logit_softcapping", "30.0", "final_logit_softcapping is 30.0");
        yield return Set("no_rope_layers", "[1, 0]", "no_rope_layers is a list");
        yield return Set("use_qk_norm", "true", "use_qk_norm is true");
        yield return Set("is_causal", "false", "is_causal is false");
        yield return Set("num_local_experts", "8", "num_local_experts is 8");
        yield return Set("text_config", "{\"model_type\": \"llama\"}", "text_config says");
        yield return Set("quantization", "{\"group_size\": 64, \"bits\": 4}", "quantized (quantization)");
        yield return Set("auto_map", "{\"AutoModelForCausalLM\": \"modeling_own.OwnForCausalLM\"}", "'modeling_own.OwnForCausalLM'");
        yield return Set("hidden_activation", "\"gelu_pytorch_tanh\"", "hidden_activation is 'gelu_pytorch_tanh'");
        yield return Set("layer_types", "[\"full_attention\", \"linear_attention\"]", "layer_types has 'linear_attention'");
        yield return Set("layer_types", "[\"full_attention\"]", "layer_types names 1 layers");
        yield return Case("Refuses_a_window_switch_that_is_none", c => (c["model_type"], c["use_sliding_window"], c["layer_types"]) =
            ("qwen3", "no", new JsonArray("full_attention", "full_attention")), "use_sliding_window is 'no'");
        yield return Case("Refuses_windowed_layers_of_llama", c => (c["layer_types"], c["sliding_window"]) =
            (new JsonArray("sliding_attention", "full_attention"), 64), "a llama has no windowed layers");
        yield return Case("Refuses_windowed_layers_without_a_window", c => (c["layer_types"], c["sliding_window"]) =
            (new JsonArray("sliding_attention", "full_attention"), null), "sliding_window is null");
        yield return Set("forgeprune", "{\"version\": 2}", "version is 2");
        yield return Set("forgeprune", "{\"version\": 1, \"layers\": []}", "0 entries");
        yield return Set("forgeprune", "{\"version\": 1, \"layers\": [{}, {}]}", "layers[0].kv_heads is missing");
        yield return Set("forgeprune", "{\"version\": 1, \"layers\": [{\"kv_heads\": 2, \"query_heads\": 3, \"ffn\": 4}, {}]}", "3 query heads");
        yield return Case("Refuses_a_list_of_rotating_layers_that_is_short", c => (c["model_type"], c["no_rope_layers"]) = ("smollm3", new JsonArray(1)),
            "no_rope_layers names 1 layers");
        yield return Case("Refuses_an_odd_part_of_a_head", c => (c["model_type"], c["partial_rotary_factor"]) = ("phi3", 0.4), "turns 3 elements");
        yield return Case("Refuses_parts_of_a_head_that_disagree", c => (c["model_type"], c["partial_rotary_factor"], c["rope_parameters"]) =
            ("phi3", 0.5, new JsonObject { ["partial_rotary_factor"] = 0.25 }), "partial_rotary_factor is 0.5 and, inside the rope object, 0.25");
        yield return Case("Refuses_a_factor_of_nothing", c => (c["model_type"], c["residual_multiplier"]) = ("granite", 0), "residual_multiplier is 0");
        yield return Case("Refuses_a_config_that_names_no_family", c => c.Remove("model_type"), "neither model_type nor architectures");
        yield return Case("Refuses_heads_that_do_not_divide_the_width", c => (c["num_attention_heads"], c["num_key_value_heads"]) = (6, 2), "not a multiple",
            "head_dim");
        yield return Case("Refuses_a_matrix_beyond_an_array", c => (c["vocab_size"], c["hidden_size"]) = (1 << 24, 1 << 20), "one matrix");
    }

    [TestCaseSource(nameof(Values))]
    public void Refuses(Action<JsonObject> spoil, string says)
    {
        using var folder = new TemporaryFolder();
        string checkpoint = SyntheticCheckpoint.Write(SyntheticModels.Random(SyntheticModels.Config(), seed: 3), folder["model"]);
        SyntheticCheckpoint.EditConfig(checkpoint, c =>
        {
            c.Remove("architectures");
            spoil(c);
        });
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint).Dispose(), "config.json", says);
    }

    [TestCase("phi-2-config", "'phi'")]
    [TestCase("meta-llama-3.1-70B-Instruct", "neither model_type nor architectures")]
    public void Refuses_real_configs_of_what_is_not_supported(string name, string says)
    {
        var path = Shared.File($"configs/{name}.json");
        Sentence.AssertBadInput(() => HuggingFaceConfig.Read(path), name, says);
    }

    private static JsonObject Llama3() => new()
    {
        ["rope_type"] = "llama3",
        ["factor"] = 8,
        ["low_freq_factor"] = 1,
        ["high_freq_factor"] = 4,
        ["original_max_position_embeddings"] = 64,
    };

    /// <param name="json">The raw value; null removes the key.</param>
    private static TestCaseData Set(string key, string? json, string says) =>
        Case($"Refuses_{key}_{(json is null ? "missing" : $"of_{json}")}", c =>
        {
            if (json is null)
                c.Remove(key);
            else
                c[key] = JsonNode.Parse(json);
        }, says);

    private static TestCaseData Case(string name, Action<JsonObject> spoil, string says, string? alsoRemove = null) =>
        new TestCaseData(alsoRemove is null ? spoil : c =>
        {
            c.Remove(alsoRemove);
            spoil(c);
        }, says).SetName(name.Replace('.', '·'));
}
