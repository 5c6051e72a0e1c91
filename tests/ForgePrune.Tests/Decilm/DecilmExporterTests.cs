using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Decilm;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Decilm;

public sealed class DecilmExporterTests
{
    private static readonly ModelConfig Plain = SyntheticModels.Config();

    /// <summary>KV groups of their own, a removed block of either kind, an empty layer, and widths that are no whole steps.</summary>
    private static readonly LayerShape[] Uneven = [new(2, 4, 48), new(0, 0, 300), new(1, 4, 0), default, new(4, 4, 256)];

    [Test]
    public void The_folder_computes_what_the_model_computes([Values] bool tied)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Plain with { Layers = Uneven, TiedEmbeddings = tied }, seed: 4);
        DecilmExporter.Write(model, folder["out"]);
        var config = JsonNode.Parse(File.ReadAllText(folder["out/config.json"]))!.AsObject();
        Assert.That((string?)config["model_type"], Is.EqualTo("nemotron-nas"));
        Assert.That((string?)config["architectures"]![0], Is.EqualTo("DeciLMForCausalLM"));
        Assert.That(config.ContainsKey("forgeprune"), Is.False);
        Assert.That(File.Exists(folder["out/configuration_decilm.py"]));
        var layers = Read(config);
        Assert.That(layers, Is.EqualTo(Uneven.Select(layer => layer with { Ffn = (layer.Ffn + 255) / 256 * 256 })));

        // The same tensors under a config that this library reads: its checks find any tensor that is missing, odd, or too many.
        var again = model.Config with { Layers = layers };
        File.WriteAllText(folder["out/config.json"], HuggingFaceKeys.Write(again, ModelFamilies.Find("llama")!).ToJsonString());
        using var read = DecoderModel.Open(folder["out"]);
        Assert.That(ReferenceModel.Logits(read, [1, 5, 9, 33]), Is.EqualTo(ReferenceModel.Logits(model, [1, 5, 9, 33])));
    }

    [Test]
    public void A_multiplier_says_its_width_whatever_the_hidden_size()
    {
        foreach (var hidden in new[] { 2, 64, 288, 512, 576, 2048, 4096, 8192, 16384 })
        {
            for (var width = 256; width <= 65536; width += 256)
            {
                // As the classes compute it, in double and in single precision.
                var multiplier = DecilmShape.Multiplier(width, hidden);
                Assert.That(Rounded((int)(2 * multiplier * hidden / 3)), Is.EqualTo(width));
                Assert.That(Rounded((int)(2 * (float)multiplier * hidden / 3)), Is.EqualTo(width));
            }
        }

        static int Rounded(int width) => width % 256 == 0 ? width : width + 256 - (width % 256);
    }

    [Test]
    public void What_the_classes_do_not_hold_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        Refused(Plain with { Family = "qwen3", QkNorm = true }, "norms of queries and keys, which qwen3 has");
        Refused(Plain with { Family = "qwen2", QkvBias = true }, "no biases, which qwen2");
        Refused(Plain with { Layers = [new(2, 4, 48), new(1, 2, 48)] }, "2 heads of 8");
        Refused(Plain with { Layers = [new(0, 0, 48), new(2, 4, 48)] }, "the first layer");
        Refused(Plain with { Layers = [] }, "the first layer");
        Assert.That(Directory.Exists(folder["out"]), Is.False);

        void Refused(ModelConfig config, string why)
        {
            using var model = SyntheticModels.Random(config, seed: 1);
            Assert.That(() => DecilmExporter.Write(model, folder["out"]), Throws.InstanceOf<BadInputException>().With.Message.Contains(why));
        }
    }

    /// <summary>The shapes that the classes make of block_configs.</summary>
    private static LayerShape[] Read(JsonObject config)
    {
        var (heads, hidden) = ((int)config["num_attention_heads"]!, (int)config["hidden_size"]!);
        return [.. config["block_configs"]!.AsArray().Select(block =>
        {
            var (attention, ffn) = (block!["attention"]!, block["ffn"]!);
            var width = (bool)ffn["no_op"]! ? 0 : (int)(2 * (double)ffn["ffn_mult"]! * hidden / 3);
            return (bool)attention["no_op"]! ? new LayerShape(0, 0, (width + 255) / 256 * 256)
                : new LayerShape(heads / (int)attention["n_heads_in_group"]!, heads, (width + 255) / 256 * 256);
        })];
    }
}
