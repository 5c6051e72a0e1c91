using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Written safetensors files by the format's own rules, read here byte by byte.</summary>
public sealed class WrittenSafetensorsTests
{
    private const int Prefix = 8;

    private static IEnumerable<ModelConfig> Configs()
    {
        var plain = SyntheticModels.Config(hidden: 24, headDim: 6, kvHeads: 1, queryHeads: 3, ffn: 17, vocab: 37);
        yield return plain;
        yield return plain with { TiedEmbeddings = false, QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true };
        yield return plain with { Family = "qwen3", QkNorm = true, BosTokenId = null };
        yield return plain with { Layers = [new(2, 4, 17), new(0, 0, 5), new(1, 3, 0), new(0, 0, 0)] };
    }

    [Test]
    public void Keep_the_rules([ValueSource(nameof(Configs))] ModelConfig config, [Values(CheckpointWriter.DefaultShardLimit, 4000)] long shardLimit)
    {
        using var folder = new TemporaryFolder();
        var model = SyntheticModels.Random(config, seed: 61);
        CheckpointWriter.Write(model, folder["out"], shardLimit: shardLimit);
        var shards = Directory.GetFiles(folder["out"], "*.safetensors").ToDictionary(file => Path.GetFileName(file), Tensors);
        var found = shards.Values.SelectMany(shard => shard).ToDictionary(tensor => tensor.Key, tensor => tensor.Value);
        var expected = ModelTensors.Read(model).ToDictionary(
            tensor =>
                TensorNames.Common[tensor.Spec], tensor =>
                    (tensor.Spec.IsVector ? [tensor.Spec.Rows] : (long[])[tensor.Spec.Rows, tensor.Spec.Cols], tensor.Values));
        Assert.That(found.Keys, Is.EquivalentTo(expected.Keys));
        foreach (var (name, (shape, values)) in expected)
        {
            Assert.That(found[name].Shape, Is.EqualTo(shape), name);
            Assert.That(found[name].Values.AsSpan().SequenceEqual(values), name);
        }

        RequireIndex(folder, shards, found.Values.Sum(tensor => tensor.Values.LongLength) * sizeof(float));
    }

    private static void RequireIndex(TemporaryFolder folder, Dictionary<string, Dictionary<string, (long[] Shape, float[] Values)>> shards, long bytes)
    {
        var file = folder["out/model.safetensors.index.json"];
        Assert.That(File.Exists(file), Is.EqualTo(shards.Count > 1));
        if (shards.Count == 1)
        {
            Assert.That(shards.Keys, Is.EqualTo(new[] { "model.safetensors" }));
            return;
        }

        Assert.That(shards.Keys.Order(), Is.EqualTo(Enumerable.Range(1, shards.Count)
            .Select(number => $"model-{number:00000}-of-{shards.Count:00000}.safetensors")));
        using var index = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.That(index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(), Is.EqualTo(bytes));
        Assert.That(index.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => (entry.Name, entry.Value.GetString()!)),
            Is.EquivalentTo(shards.SelectMany(shard => shard.Value.Keys.Select(name => (name, shard.Key)))));
    }

    private static Dictionary<string, (long[] Shape, float[] Values)> Tensors(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        var header = bytes.AsSpan(Prefix, length);
        Assert.That(header[0], Is.EqualTo((byte)'{'), "a header begins with its object");
        Assert.That(Encoding.UTF8.GetString(header).TrimEnd(' '), Does.EndWith("}"), "and is filled up with spaces");
        Assert.That((Prefix + length) % 8, Is.Zero, "so that tensors begin at a multiple of eight");
        using var json = JsonDocument.Parse(header.ToArray());
        JsonProperty[] entries = [.. json.RootElement.EnumerateObject()];
        Assert.That(entries.Select(entry => entry.Name), Is.Unique);
        Assert.That(entries.Where(entry => entry.Name == "__metadata__").SelectMany(entry => entry.Value.EnumerateObject())
            .Select(entry => entry.Value.ValueKind),
            Is.Not.Empty.And.All.EqualTo(JsonValueKind.String));

        var (end, tensors) = (0, new Dictionary<string, (long[], float[])>());
        foreach (var (name, entry) in entries.Where(entry => entry.Name != "__metadata__").Select(entry => (entry.Name, entry.Value)))
        {
            Assert.That(entry.EnumerateObject().Select(part => part.Name), Is.EquivalentTo(new[] { "dtype", "shape", "data_offsets" }), name);
            Assert.That(entry.GetProperty("dtype").GetString(), Is.EqualTo("F32"), name);
            long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            int[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            Assert.That(offsets, Is.EqualTo(new[] { end, end + (shape.Aggregate(1L, (product, size) => product * size) * sizeof(float)) }),
                $"{name}: in order, without a hole, as long as its shape says");
            tensors.Add(name, (shape, MemoryMarshal.Cast<byte, float>(bytes.AsSpan((Prefix + length + offsets[0])..(Prefix + length + offsets[1]))).ToArray()));
            end = offsets[1];
        }

        Assert.That(Prefix + length + end, Is.EqualTo(bytes.Length), "nothing behind the last tensor");
        return tensors;
    }
}
