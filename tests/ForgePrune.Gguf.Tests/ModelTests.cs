using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests;

/// <summary>Every kind of model, run by llama.cpp.</summary>
public sealed class ModelTests
{
    private static readonly LayerShape[] Uneven = [new(2, 4, 40), new(1, 3, 7), new(2, 2, 64)];

    private static readonly RopeScaling Llama3 = new Llama3Scaling(8, 1, 4, 16);

    private static readonly Dictionary<string, (string Architecture, ModelConfig Config)> Models = new()
    {
        ["llama"] = ("llama", Config()),
        ["llama with a head of its own"] = ("llama", Config() with { TiedEmbeddings = false }),
        ["llama, unequal layers"] = ("deci", Config(Uneven)),
        ["llama, unequal layers and a head of its own"] = ("deci", Config(Uneven) with { TiedEmbeddings = false }),
        ["Llama 3's rope"] = ("llama", Config() with { RopeScaling = Llama3 }),
        ["Llama 3's rope, unequal layers"] = ("deci", Config(Uneven) with { RopeScaling = Llama3 }),
        ["llama, heads of 48"] = ("llama", SyntheticModels.Config(hidden: 64, headDim: 48)),
        ["heads of 48, unequal layers"] = ("deci", SyntheticModels.Config(hidden: 64, headDim: 48) with { Layers = Uneven }),
        ["odd sizes, another theta"] = ("deci", SyntheticModels.Config(hidden: 22, headDim: 6, vocab: 37) with { Layers = Uneven, RopeTheta = 1e6 }),
        ["mistral"] = ("llama", Config() with { Family = "mistral" }),
        ["mistral, every bias"] = ("llama", Biased(Config() with { Family = "mistral" })),
        ["mistral, every bias, unequal layers"] = ("deci", Biased(Config(Uneven) with { Family = "mistral" })),
        ["llama, biases of outputs alone"] = ("deci", Config(Uneven) with { OutputBias = true, DownBias = true }),
        ["qwen2"] = ("qwen2", Config() with { Family = "qwen2", QkvBias = true }),
        ["qwen2, head of its own"] = ("qwen2", Config() with { Family = "qwen2", QkvBias = true, TiedEmbeddings = false }),
        ["qwen2, unequal layers"] = ("deci", Config(Uneven) with { Family = "qwen2", QkvBias = true }),
        ["qwen2 with refitted biases"] = ("llama", Biased(Config() with { Family = "qwen2" })),
        ["qwen2 with Llama 3's rope"] = ("llama", Config() with { Family = "qwen2", QkvBias = true, RopeScaling = Llama3 }),
        ["qwen3"] = ("qwen3", Config() with { Family = "qwen3", QkNorm = true }),
        ["qwen3, head of its own"] = ("qwen3", Config() with { Family = "qwen3", QkNorm = true, TiedEmbeddings = false }),
        ["qwen3, unequal layers"] = ("openelm", Config(Uneven) with { Family = "qwen3", QkNorm = true }),
    };

    private static readonly ModelConfig Eight = SyntheticModels.Config(layers: 8, hidden: 64, headDim: 16, ffn: 48);

    /// <summary>What families have that a Llama has not: by its own architecture where layers are equal, by deci where they differ; null where none
    /// is.</summary>
    private static readonly Dictionary<string, (string? Equal, string? Unequal)> Families = new()
    {
        // The unrotated layer of the unequal ones has lost its attention.
        ["smollm3"] = ("smollm3", "deci"),
        ["smollm3, first layer unrotated"] = (null, null),
        ["granite"] = ("granite", "deci"),
        ["granite, head of its own"] = ("granite", "deci"),
        ["granite, biases"] = ("granite", "deci"),
        ["phi3"] = ("phi3", "deci"),
        ["phi3, a part of each head"] = ("phi3", null),
        ["phi3, long rope"] = ("phi3", "deci"),
        ["phi3, long rope, a part of each head"] = ("phi3", null),
        ["mistral, windows"] = (null, null),
        ["qwen3, windows of odd layers"] = (null, null),
        ["smollm3, windows where it does not rotate"] = (null, null),
        ["gemma"] = ("gemma", null),
        ["gemma2"] = ("gemma2", null),
        ["gemma3_text"] = ("gemma3", null),
        ["gemma3_text, linear rope"] = ("gemma3", null),
        ["gemma3_text, every second layer global"] = (null, null),
        ["olmo2"] = ("olmo2", null),
        ["olmo3"] = ("olmo2", null),
        ["olmo3, yarn"] = ("olmo2", null),
        ["yarn"] = ("llama", "deci"),
        ["linear rope"] = ("llama", "deci"),
        ["dynamic rope"] = ("llama", "deci"),
    };

    private static IEnumerable<string> Names => Models.Keys;

    [Test]
    public void llama_cpp_computes_the_logits_of_every_family(
        [ValueSource(typeof(SyntheticFamilies), nameof(SyntheticFamilies.Names))] string name, [Values] bool uneven)
    {
        var config = SyntheticFamilies.Of(uneven ? Eight with { Layers = [.. Uneven, new(0, 0, 9), .. Uneven] } : Eight with { MaxPositions = 512 })[name];
        using var model = SyntheticModels.Random(config, seed: 7);
        if ((uneven ? Families[name].Unequal : Families[name].Equal) is { } architecture)
            Assert.That(Agreement.Require(model).Architecture, Is.EqualTo(architecture));
        else
            Assert.That(() => Agreement.Require(model), Throws.TypeOf<BadInputException>().With.Message.Contains("export the model to ONNX"));
    }

    /// <summary>At the depth of the largest model of a family llama.cpp divides scores by another root. Errors of the table of GELU grow with depth; the other
    /// root would be seen in the first digits.</summary>
    [TestCase("gemma2", 46)]
    [TestCase("gemma3_text", 62)]
    public void The_depth_of_the_largest_Gemmas_has_a_scale_of_its_own(string name, int layers)
    {
        using var model = SyntheticModels.Random(
            SyntheticFamilies.Of(SyntheticModels.Config(layers, hidden: 48, headDim: 8, ffn: 32) with { MaxPositions = 512 })[name], seed: 8);
        Agreement.Require(model, tolerance: 2e-3);
    }

    [TestCaseSource(nameof(Names))]
    public void llama_cpp_computes_the_logits_of_the_model(string name)
    {
        var (architecture, config) = Models[name];
        using var model = SyntheticModels.Random(config, seed: 1);
        Assert.That(Agreement.Require(model).Architecture, Is.EqualTo(architecture));
    }

    [TestCase("mixtral", "llama")]
    [TestCase("mixtral, all experts", "llama")]
    [TestCase("mixtral, narrow experts", "llama")]
    [TestCase("qwen3_moe, unequal widths", "all layers of a model with experts to be equal")]
    [TestCase("qwen3_moe", "qwen3moe")]
    [TestCase("qwen3_moe, head of its own", "qwen3moe")]
    [TestCase("qwen3_moe, plain shares", "does not")]
    [TestCase("mixtral, windows", "how far its layers see back")]
    [TestCase("qwen3_moe, unequal layers", "all layers of a model with experts to be equal")]
    [TestCase("qwen3_moe, a layer without experts", "all layers of a model with experts to be equal")]
    public void llama_cpp_computes_the_logits_of_experts(string name, string architecture)
    {
        using var model = SyntheticModels.Random(SyntheticExperts.All[name], seed: 7);
        if (!architecture.Contains(' '))
            Assert.That(Agreement.Require(model).Architecture, Is.EqualTo(architecture));
        else
            Assert.That(() => Agreement.Require(model), Throws.TypeOf<BadInputException>().With.Message.Contains(architecture));
    }

    [Test]
    public void Removed_blocks_add_nothing(
        [Values("llama", "qwen2", "qwen3")] string family, [Values("attention", "mlp", "both")] string what, [Values(0, 1, 2)] int where)
    {
        var config = Family(Config(Uneven), family);
        var layers = config.Layers.ToArray();
        layers[where] = Without(layers[where], what);
        using var model = SyntheticModels.Random(config with { Layers = layers }, seed: 2);
        Assert.That(Agreement.Require(model).Architecture, Is.EqualTo(family == "qwen3" ? "openelm" : "deci"));
    }

    [Test]
    public void Models_of_one_kind_of_block_or_none_run([Values("llama", "qwen3")] string family, [Values("attention", "mlp", "both")] string what)
    {
        var config = Family(Config(Uneven), family);
        using var model = SyntheticModels.Random(config with { Layers = [.. Uneven.Select(layer => Without(layer, what))] }, seed: 3);
        Agreement.Require(model);
    }

    [Test]
    public void A_model_without_layers_runs()
    {
        using var model = SyntheticModels.Random(Config([]), seed: 4);
        Agreement.Require(model);
    }

    [Test]
    public void Biases_of_removed_blocks_go_with_them()
    {
        var layers = Uneven.ToArray();
        (layers[0], layers[2]) = (Without(layers[0], "attention"), Without(layers[2], "mlp"));
        using var model = SyntheticModels.Random(Biased(Config(layers)), seed: 5);
        Agreement.Require(model);
    }

    [Test]
    public void What_no_architecture_expresses_is_refused_by_name()
    {
        var qwen3 = Config(Uneven) with { Family = "qwen3", QkNorm = true };
        Refused(qwen3 with { TiedEmbeddings = false }, "qwen3 with a head of its own whose layers differ; export the model to ONNX");
        Refused(qwen3 with { QkvBias = true, OutputBias = true }, "norms of queries and keys and with biases");
        Refused(qwen3 with { RopeScaling = Llama3 }, "with scaled rope");
        // The ends of its ramp are no keys of all releases.
        Refused(SyntheticFamilies.Of(Eight)["olmo3"] with { RopeScaling = new YarnScaling(4, 16) { BetaFast = 4 } }, "export the model to ONNX");

        static void Refused(ModelConfig config, string why)
        {
            using var folder = new TemporaryFolder();
            using var model = SyntheticModels.Random(config, seed: 6);
            Assert.That(() => GgufExporter.Write(model, folder["gguf"], null), Throws.TypeOf<BadInputException>().With.Message.Contains(why));
            Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
        }
    }

    private static ModelConfig Config(LayerShape[]? layers = null)
    {
        var config = SyntheticModels.Config(layers: 3, hidden: 32, headDim: 8, ffn: 48);
        return layers is null ? config : config with { Layers = layers };
    }

    private static ModelConfig Family(ModelConfig config, string family) =>
        config with { Family = family, QkvBias = family == "qwen2", QkNorm = family == "qwen3" };

    private static ModelConfig Biased(ModelConfig config) => config with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true };

    private static LayerShape Without(LayerShape layer, string what) => what switch
    {
        "attention" => layer with { KvHeads = 0, QueryHeads = 0 },
        "mlp" => layer with { Ffn = 0 },
        _ => default,
    };
}
