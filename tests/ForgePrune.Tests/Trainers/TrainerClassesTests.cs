using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Decilm;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Trainers;

/// <summary>The Python classes beside weights that stock classes do not hold.</summary>
public sealed class TrainerClassesTests
{
    // Sums of some ten float32 terms in another order, through a few layers; 6e-7 was measured.
    private const double Tolerance = 1e-5;

    private const int Seed = 21;

    private static readonly int[] Ids = [1, 5, 9, 33, 2, 60, 7, 7];

    private static readonly LayerShape[] Uneven = [new(2, 4, 48), new(1, 2, 17), new(2, 2, 1), new(0, 0, 48), new(1, 4, 0), default, new(1, 1, 5)];

    private static readonly Dictionary<string, ModelConfig> Configs = Made().ToDictionary();

    private static readonly string[] Names = [.. Configs.Keys];

    // Starting Python takes longer than all checks, so that one run makes them.
    private static readonly Lazy<Dictionary<string, Checked>> Found = new(Check);

    private static IEnumerable<(string, ModelConfig)> Made()
    {
        ModelConfig plain = SyntheticModels.Config() with { Layers = Uneven };
        yield return ("llama", plain);
        yield return ("untied, scaled rope", plain with { TiedEmbeddings = false, RopeScaling = new Llama3Scaling(8, 1, 4, 16) });
        yield return ("mistral", plain with { Family = "mistral", RopeTheta = 1e6 });
        yield return ("qwen2", plain with { Family = "qwen2", QkvBias = true });
        yield return ("qwen3", plain with { Family = "qwen3", QkNorm = true, TiedEmbeddings = false });
        yield return ("biases of an affine refit", plain with { OutputBias = true, DownBias = true });
        yield return ("all biases", plain with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true });
        yield return ("heads that do not divide the hidden size", plain with { Layers = [new(1, 3, 30), new(1, 3, 30)] });
        yield return ("a cache that begins in the second layer", plain with { Layers = [new(0, 0, 48), new(2, 4, 8)] });
        yield return ("no block at all", plain with { Layers = [default, default] });
    }

    private static Dictionary<string, Checked> Check()
    {
        using var folder = new TemporaryFolder();
        var places = new List<string>();
        foreach (var (name, config) in Configs)
        {
            using var model = SyntheticModels.Random(config, Seed);
            CheckpointWriter.Write(model, folder[name]);
            places.Add(folder[name]);
        }

        var found = JsonNode.Parse(Python.Run([Python.File("check.py"), string.Join(',', Ids), .. places]))!.AsArray();
        return Configs.Keys.Zip(found, places).ToDictionary(
            one => one.First, one => new Checked(one.Second!, [.. Stored(Path.Combine(one.Third, "model.safetensors"))]));
    }

    private sealed record Checked(JsonNode Found, string[] Stored);

    [Test]
    public void Declare_the_tensors_of_the_file_and_compute_the_logits_of_the_model([ValueSource(nameof(Names))] string name)
    {
        var (found, stored) = Found.Value[name];
        var config = Configs[name];
        using var model = SyntheticModels.Random(config, Seed);
        var declared = found["parameters"]!.AsObject().Select(one => $"{one.Key} {string.Join('×', one.Value!.AsArray().Select(size => (int)size!))}");
        Assert.That(declared, Is.EquivalentTo(stored));
        if (!Python.HasTorch)
            Assert.Ignore("names and shapes are right; needs python3-torch to compute");
        var expected = ReferenceModel.Logits(model, Ids);
        Assert.That(Difference(found["logits"]!, expected), Is.LessThan(Tolerance), "at once");
        Assert.That(Difference(found["steps"]!, expected), Is.LessThan(Tolerance), "step by step through the cache");
        Assert.That((int)found["cached"]!, Is.EqualTo(config.Layers.Count(layer => layer.HasAttention)), "only layers with attention are cached");
        Assert.That((bool)found["trains"]!, Is.True, "every parameter gets a gradient");
    }

    /// <summary>What transformers makes of config.json when it saves a model that it trained: other spellings, keys of its own, defaults left out.</summary>
    [Test]
    public void What_transformers_saves_again_is_read([Values("llama", "mistral", "qwen2", "qwen3")] string family, [Values] bool newer)
    {
        using var folder = new TemporaryFolder();
        ModelConfig config = SyntheticModels.Config() with { Family = family, QkvBias = family == "qwen2", QkNorm = family == "qwen3", Layers = Uneven };
        using var model = SyntheticModels.Random(config, seed: 22);
        CheckpointWriter.Write(model, folder["out"]);
        var keys = JsonNode.Parse(File.ReadAllText(folder["out/config.json"]))!.AsObject();
        foreach (var (key, value) in new (string, JsonNode?)[]
        {
            ("attention_bias", false), ("attention_dropout", 0.0), ("initializer_range", 0.02), ("mlp_bias", false), ("pretraining_tp", 1),
            ("transformers_version", newer ? "5.0.0" : "4.57.1"), ("use_cache", true),
        })
            keys[key] = value;
        keys["auto_map"]!["AutoConfig"] = "someone/somewhere--configuration_forgeprune.ForgePruneConfig";
        keys["auto_map"]!["AutoModelForCausalLM"] = "someone/somewhere--modeling_forgeprune.ForgePruneForCausalLM";
        keys.Remove("sliding_window");
        keys.Remove("use_sliding_window");
        keys["dtype"] = "float32";
        keys.Remove("torch_dtype");
        if (newer)
        {
            keys["rope_parameters"] = new JsonObject { ["rope_theta"] = config.RopeTheta, ["rope_type"] = "default" };
            keys.Remove("rope_theta");
            keys.Remove("rope_scaling");
        }

        File.WriteAllText(folder["out/config.json"], keys.ToJsonString());
        using var again = DecoderModel.Open(folder["out"]);
        Assert.That(again.ContentHash, Is.EqualTo(model.ContentHash));
    }

    [Test]
    public void Code_of_others_is_refused_still()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config() with { Layers = Uneven }, seed: 23);
        CheckpointWriter.Write(model, folder["out"]);
        File.WriteAllText(folder["out/config.json"], File.ReadAllText(folder["out/config.json"]).Replace("modeling_forgeprune.", "modeling_other."));
        Assert.That(() => DecoderModel.Open(folder["out"]),
            Throws.InstanceOf<Errors.BadInputException>().With.Message.Contains("code of the checkpoint's own"));
    }

    [Test]
    public void The_config_of_DeciLM_has_its_blocks_as_attributes()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config() with { Layers = [new(2, 4, 256), new(0, 0, 512)] }, seed: 24);
        DecilmExporter.Write(model, folder["out"]);
        var printed = Python.Run("-c", $"""
            import copy, json, sys
            sys.path.insert(0, {JsonSerializer.Serialize(folder["out"])})
            from configuration_decilm import DeciLMConfig
            config = copy.deepcopy(DeciLMConfig(**json.load(open({JsonSerializer.Serialize(folder["out/config.json"])}))))
            first, second = config.block_configs
            print(config.model_type, first.attention.n_heads_in_group, first.attention.no_op, second.attention.no_op, second.ffn.no_op)
            print(hasattr(first.ffn, "ffn_mult"), hasattr(first.ffn, "intermediate_size"))
            print(json.dumps(config.block_configs) == json.dumps(json.load(open({JsonSerializer.Serialize(folder["out/config.json"])}))["block_configs"]))
            """);
        Assert.That(printed.Trim().Split('\n'), Is.EqualTo(new[] { "nemotron-nas 2 False True False", "True False", "True" }));
    }

    private static IEnumerable<string> Stored(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var header = JsonNode.Parse(bytes.AsSpan(8, (int)BitConverter.ToUInt64(bytes)))!.AsObject();
        return header.Where(entry => entry.Key != "__metadata__")
            .Select(entry => $"{entry.Key} {string.Join('×', entry.Value!["shape"]!.AsArray().Select(size => (int)size!))}");
    }

    private static double Difference(JsonNode actual, float[] expected)
    {
        var values = actual.AsArray().Select(value => (double)value!).ToArray();
        Assert.That(values, Has.Length.EqualTo(expected.Length));
        return values.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
    }
}
