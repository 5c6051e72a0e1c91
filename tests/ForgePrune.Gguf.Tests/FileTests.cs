using ForgePrune.Errors;
using ForgePrune.Gguf.Layers;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests;

/// <summary>What a file says and holds, read back without llama.cpp.</summary>
public sealed class FileTests
{
    [Test]
    public void Remaining_blocks_are_packed_in_order_and_zeros_fill_what_llama_cpp_wants()
    {
        var config = SyntheticModels.Config() with { Layers = [new(0, 0, 40), new(2, 4, 0), new(0, 0, 0), new(1, 3, 33), new(0, 0, 7), new(2, 2, 0)] };
        Assert.That(PackedLayer.Of(config, GgufArchitecture.Of(config)), Is.EqualTo(new PackedLayer[]
        {
            new(null, 0, new(1, 1, 64), 0), // the first layer names the width of heads
            new(1, null, new(2, 4, 32), 0),
            new(3, 3, new(1, 3, 64), 0),
            new(null, 4, new(0, 0, 32), 0),
            new(5, null, new(2, 2, 32), 0),
        }));
        var apart = config with { Layers = [new(2, 4, 0), new(0, 0, 16)] };
        Assert.That(PackedLayer.Of(apart, GgufArchitecture.Of(apart)), Is.EqualTo(new PackedLayer[] { new(0, 1, new(2, 4, 32), 0) }),
            "attention and the MLP of the next layer make one");
        var qwen3 = config with { QkNorm = true };
        Assert.That(PackedLayer.Of(qwen3, GgufArchitecture.Of(qwen3))[3].Shape, Is.EqualTo(new LayerShape(1, 1, 32)), "openelm has attention everywhere");
    }

    [Test]
    public void Layers_are_lists_where_they_differ_and_numbers_where_not()
    {
        using var folder = new TemporaryFolder();
        var config = SyntheticModels.Config(layers: 2) with { RopeTheta = 5e5, RmsNormEps = 1e-6 };
        var even = Written(folder, "even", config);
        Assert.That((even.Keys["general.architecture"], even.Keys["llama.block_count"], even.Keys["llama.attention.head_count"]),
            Is.EqualTo(((object)"llama", (object)2u, (object)4u)));
        Assert.That((even.Keys["llama.rope.freq_base"], even.Keys["llama.attention.layer_norm_rms_epsilon"], even.Keys["llama.attention.key_length"]),
            Is.EqualTo(((object)5e5f, (object)1e-6f, (object)8u)));
        var uneven = Written(folder, "uneven", config with { Layers = [new(2, 4, 48), new(1, 3, 40)] });
        Assert.That(uneven.Keys["deci.attention.head_count"], Is.EqualTo(new object[] { 4, 3 }));
        Assert.That(uneven.Keys["deci.attention.head_count_kv"], Is.EqualTo(new object[] { 2, 1 }));
        Assert.That(uneven.Keys["deci.feed_forward_length"], Is.EqualTo(new object[] { 64, 64 }));
        Assert.That(uneven.Tensors.ContainsKey("output.weight"), Is.False, "a tied head is stored once");
    }

    [Test]
    public void Heads_turn_neighbors_where_the_architecture_does()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1, hidden: 4, headDim: 4, kvHeads: 1, queryHeads: 2), seed: 1);
        GgufExporter.Write(model, folder["gguf"], null);
        var (query, stored) = (model.ReadLayer(0).Attention!.Query, GgufFile.Read(folder["gguf"]).Values("blk.0.attn_q.weight"));
        Assert.That(stored, Is.EqualTo(new[] { 0, 2, 1, 3, 4, 6, 5, 7 }.SelectMany(row => query.Row(row).ToArray())));
    }

    [Test]
    public void Float16_holds_the_nearest_half_of_every_weight_and_vectors_stay_float32()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1), seed: 2);
        GgufExporter.Write(model, folder["gguf"], null, GgufType.F16);
        var file = GgufFile.Read(folder["gguf"]);
        Assert.That(file.Keys["general.file_type"], Is.EqualTo(1u));
        Assert.That(file.Values("blk.0.ffn_up.weight").Take(model.ReadLayer(0).Mlp!.Up.Values.Length),
            Is.EqualTo(model.ReadLayer(0).Mlp!.Up.Values.Select(value => (float)(Half)value)));
        Assert.That(file.Values("output_norm.weight"), Is.EqualTo(model.ReadFinalNorm()));
        Assert.That(file.Tensors["blk.0.attn_norm.weight"].Type, Is.Zero);
    }

    [Test]
    public void A_weight_beyond_float16_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1), seed: 3);
        model.ReadLayer(0).Mlp!.Gate.Values[5] = -70000;
        Assert.That(() => GgufExporter.Write(model, folder["gguf"], null, GgufType.F16),
            Throws.TypeOf<BadInputException>().With.Message.EqualTo("blk.0.ffn_gate.weight holds -7e+4, which float16 cannot; take f32"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Equal_models_are_written_as_equal_bytes()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config() with { Layers = [new(2, 4, 40), new(0, 0, 12)] }, seed: 4);
        foreach (var type in Enum.GetValues<GgufType>())
        {
            byte[][] twice = [.. Enumerable.Range(1, 2).Select(threads =>
            {
                GgufExporter.Write(model, folder[$"{type}{threads}"], null, type, threads: threads);
                return File.ReadAllBytes(Path.Combine(folder[$"{type}{threads}"], GgufExporter.ModelFile));
            })];
            Assert.That(twice[0], Is.EqualTo(twice[1]), $"{type}");
        }
    }

    private static GgufFile Written(TemporaryFolder folder, string name, ModelConfig config)
    {
        using var model = SyntheticModels.Random(config, seed: 5);
        GgufExporter.Write(model, folder[name], null);
        return GgufFile.Read(folder[name]);
    }
}
