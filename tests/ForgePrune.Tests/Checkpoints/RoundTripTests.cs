using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class RoundTripTests
{
    private static readonly LayerShape[] Uneven =
        [new(2, 4, 48), new(1, 2, 17), new(2, 2, 1), new(0, 0, 48), new(1, 4, 0), new(0, 0, 0), new(1, 1, 5)];

    private static IEnumerable<TestCaseData> Configs()
    {
        ModelConfig plain = SyntheticModels.Config();
        yield return Case("a_plain_model", plain, "llama");
        yield return Case("an_untied_head", plain with { TiedEmbeddings = false }, "llama");
        yield return Case("a_single_layer_of_size_one", SyntheticModels.Config(1, 1, 2, 1, 1, 1, 3), "llama");
        yield return Case("biases_everywhere", plain with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true }, "llama");
        yield return Case("qwen2", plain with { Family = "qwen2", QkvBias = true, BosTokenId = null, EosTokenIds = [] }, "qwen2");
        yield return Case("qwen3", plain with { Family = "qwen3", QkNorm = true, EosTokenIds = [5, 7] }, "qwen3");
        yield return Case("mistral", plain with { Family = "mistral", RopeTheta = 1e6 }, "mistral");
        yield return Case("rotary_scaling", plain with { RopeScaling = new Llama3Scaling(8, 1, 4, 64) }, "llama");
        yield return Case("a_head_width_of_its_own", plain with { HeadDim = 6 }, "llama");
        yield return Case("pruned_heads_that_divide_the_hidden_size", plain with { Layers = [new(1, 2, 30), new(1, 2, 30)] }, "llama");
        yield return Case("pruned_heads_that_do_not", plain with { Layers = [new(1, 3, 30), new(1, 3, 30)] }, "forgeprune");
        yield return Case("pruned_heads_that_do_not_in_qwen2", plain with
        {
            Family = "qwen2",
            QkvBias = true,
            BosTokenId = null,
            EosTokenIds = [],
            Layers = [new(1, 3, 30), new(1, 3, 30)]
        }, "qwen2");
        yield return Case("a_shape_per_layer", plain with { Layers = Uneven }, "forgeprune");
        yield return Case("no_block_at_all", plain with { Layers = [default, default] }, "forgeprune");
        yield return Case("query_heads_beyond_the_multiple", plain with { Layers = [new(3, 3, 4), new(1, 4, 4)] }, "forgeprune");
        yield return Case("biases_of_an_affine_refit", plain with { OutputBias = true, DownBias = true, Layers = Uneven }, "forgeprune");
        yield return Case("biases_of_an_affine_refit_alone", plain with { OutputBias = true, DownBias = true }, "forgeprune");
        yield return Case("qwen3_with_a_shape_per_layer", plain with { Family = "qwen3", QkNorm = true, Layers = Uneven }, "forgeprune");
    }

    [TestCaseSource(nameof(Configs))]
    public void Keeps(ModelConfig config, string modelType)
    {
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(config, seed: 11);
        CheckpointWriter.Write(model, folder["out"]);
        using CheckpointModel again = DecoderModel.Open(folder["out"]);
        AssertSame(model, again);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["out/config.json"]));
        Assert.That(json.RootElement.GetProperty("model_type").GetString(), Is.EqualTo(modelType));
        bool stock = modelType != "forgeprune";
        Assert.That(json.RootElement.GetProperty("architectures")[0].GetString() == "ForgePruneForCausalLM", Is.EqualTo(!stock));
        // A stock model has stock keys only, and no code beside it.
        Assert.That(json.RootElement.TryGetProperty("forgeprune", out _), Is.EqualTo(!stock));
        Assert.That(json.RootElement.TryGetProperty("auto_map", out _), Is.EqualTo(!stock));
        Assert.That(Directory.GetFiles(folder["out"], "*.py"), stock ? Is.Empty : Has.Length.EqualTo(2));
    }

    [Test]
    public void Reads_folders_of_version_0_1_which_have_norms_of_blocks_that_are_gone()
    {
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config() with { Layers = Uneven }, seed: 13);
        CheckpointWriter.Write(model, folder["out"]);
        var file = folder["out/model.safetensors"];
        byte[] bytes = File.ReadAllBytes(file);
        int start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes), length = bytes.Length - start, norm = model.Config.HiddenSize * sizeof(float);
        JsonObject header = JsonNode.Parse(bytes.AsSpan(8, start - 8))!.AsObject();
        Assert.That(header.ContainsKey("model.layers.3.input_layernorm.weight"), Is.False);
        header["model.layers.3.input_layernorm.weight"] = new JsonObject
        {
            ["dtype"] = "F32",
            ["shape"] = new JsonArray(model.Config.HiddenSize),
            ["data_offsets"] = new JsonArray(length, length + norm),
        };
        SyntheticCheckpoint.WriteSafetensors(file, header.ToJsonString(), [.. bytes[start..], .. new byte[norm]]);
        using CheckpointModel again = DecoderModel.Open(folder["out"]);
        AssertSame(model, again);
    }

    [Test]
    public void Keeps_a_sharded_model_and_respects_the_limit()
    {
        const long limit = 10_000;
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config() with { Layers = Uneven, TiedEmbeddings = false }, seed: 12);
        CheckpointWriter.Write(model, folder["out"], shardLimit: limit);
        string[] shards = Directory.GetFiles(folder["out"], "*.safetensors");
        Assert.That(shards, Has.Length.GreaterThan(2));
        Assert.That(shards.Select(shard => SafetensorsHeader.Read(shard).Sum(tensor => tensor.Length)), Is.All.LessThanOrEqualTo(limit));
        using CheckpointModel again = DecoderModel.Open(folder["out"]);
        AssertSame(model, again);
    }

    [Test]
    public void Writes_the_same_bytes_twice()
    {
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config(), seed: 13);
        CheckpointWriter.Write(model, folder["a"]);
        CheckpointWriter.Write(model, folder["b"]);
        foreach (string name in new[] { "model.safetensors", "config.json" })
            Assert.That(File.ReadAllBytes(folder[$"a/{name}"]), Is.EqualTo(File.ReadAllBytes(folder[$"b/{name}"])));
    }

    [Test]
    public void Hash_depends_on_every_tensor_and_on_the_config()
    {
        ModelConfig config = SyntheticModels.Config(layers: 1) with { TiedEmbeddings = false };
        string hash = SyntheticModels.Random(config, seed: 14).ContentHash;
        Assert.That(SyntheticModels.Random(config, seed: 14).ContentHash, Is.EqualTo(hash));
        Assert.That(SyntheticModels.Random(config with { RopeTheta = 10001 }, seed: 14).ContentHash, Is.Not.EqualTo(hash));
        int changes = 0;
        foreach (TensorSpec spec in TensorLayout.Of(config))
        {
            InMemoryModel model = SyntheticModels.Random(config, seed: 14);
            foreach ((TensorSpec other, float[] values) in ModelTensors.Read(model))
                if (other == spec)
                    values[^1] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(values[^1]) ^ 1);
            Assert.That(model.ContentHash, Is.Not.EqualTo(hash), $"{spec}");
            changes++;
        }

        Assert.That(changes, Is.EqualTo(12));
    }

    private static void AssertSame(IDecoderModel expected, IDecoderModel actual)
    {
        Assert.That(actual.Config with { Layers = [], EosTokenIds = [], Attention = [], Mlp = [] },
            Is.EqualTo(expected.Config with { Layers = [], EosTokenIds = [], Attention = [], Mlp = [] }));
        Assert.That(Enumerable.Range(0, actual.Config.Layers.Count).Select(actual.Config.MlpOf),
            Is.EqualTo(Enumerable.Range(0, expected.Config.Layers.Count).Select(expected.Config.MlpOf)));
        Assert.That(actual.Config.Attention, Is.EqualTo(expected.Config.Attention));
        // What all layers have narrower, a written config calls the width.
        Assert.That(actual.Config.Layers.Select(layer => layer with { ExpertWidth = 0 }),
            Is.EqualTo(expected.Config.Layers.Select(layer => layer with { ExpertWidth = 0 })));
        Assert.That(actual.Config.EosTokenIds, Is.EqualTo(expected.Config.EosTokenIds));
        foreach (((TensorSpec spec, float[] left), (_, float[] right)) in ModelTensors.Read(expected).Zip(ModelTensors.Read(actual)))
            Assert.That(right.AsSpan().SequenceEqual(left), $"{spec}");
        for (int i = 0; i < expected.Config.Layers.Count; i++)
            Assert.That((actual.ReadLayer(i).Attention is null, actual.ReadLayer(i).Mlp is null),
                Is.EqualTo((!expected.Config.Layers[i].HasAttention, !expected.Config.Layers[i].HasMlp)));
        Assert.That(actual.ContentHash, Is.EqualTo(expected.ContentHash));
    }

    [Test]
    public void Keeps_whatever_a_family_has(
        [ValueSource(typeof(SyntheticFamilies), nameof(SyntheticFamilies.Names))] string name, [Values] bool uneven, [Values] bool biases)
    {
        using var folder = new TemporaryFolder();
        ModelConfig plain = SyntheticModels.Config(layers: 7);
        ModelConfig config = SyntheticFamilies.Of(uneven ? plain with { Layers = Uneven } : plain)[name];
        InMemoryModel model = SyntheticModels.Random(biases ? config with { OutputBias = true, DownBias = true } : config, seed: 15);
        CheckpointWriter.Write(model, folder["out"]);
        using CheckpointModel again = DecoderModel.Open(folder["out"]);
        AssertSame(model, again);
    }

    [Test]
    public void Keeps_experts([ValueSource(typeof(SyntheticExperts), nameof(SyntheticExperts.Names))] string name)
    {
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(SyntheticExperts.All[name], seed: 16);
        CheckpointWriter.Write(model, folder["out"]);
        using CheckpointModel again = DecoderModel.Open(folder["out"]);
        AssertSame(model, again);
        Assert.That(ModelSize.Of(model.Config).Total, Is.EqualTo(TensorLayout.Of(model.Config).Sum(spec => spec.Elements)));
        bool stock = !name.Contains("unequal") && !name.Contains("no experts left");
        Assert.That(File.ReadAllText(Path.Combine(folder["out"], "config.json")),
            Does.Contain(stock ? $"\"model_type\": \"{model.Config.Family}\"" : "\"model_type\": \"forgeprune\""));
    }

    private static TestCaseData Case(string name, ModelConfig config, string modelType) => new TestCaseData(config, modelType).SetName($"Keeps_{name}");
}
