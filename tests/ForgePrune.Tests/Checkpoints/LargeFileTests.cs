using System.Buffers.Binary;
using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class LargeFileTests
{
    [Test]
    public void Reads_tensors_that_lie_beyond_four_gigabytes()
    {
        const long hole = 5_000_000_000;
        using var folder = new TemporaryFolder();
        InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config(), seed: 61);
        string file = Path.Combine(SyntheticCheckpoint.Write(model, folder["model"]), "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        JsonObject header = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
        foreach ((_, JsonNode? tensor) in header)
            if (tensor!["data_offsets"] is JsonArray offsets)
                tensor["data_offsets"] = new JsonArray(offsets[0]!.GetValue<long>() + hole, offsets[1]!.GetValue<long>() + hole);
        header["model.layers.0.self_attn.rotary_emb.inv_freq"] =
            new JsonObject { ["dtype"] = "U8", ["shape"] = new JsonArray(hole), ["data_offsets"] = new JsonArray(0, hole) };

        SyntheticCheckpoint.WriteSafetensors(file, header.ToJsonString(), []);
        using (FileStream stream = File.OpenWrite(file))
        {
            // Seeking past the end leaves a hole that takes no room on the disk.
            stream.Seek(stream.Length + hole, SeekOrigin.Begin);
            stream.Write(bytes.AsSpan(8 + length));
        }

        using CheckpointModel read = DecoderModel.Open(folder["model"]);
        Assert.That(read.ContentHash, Is.EqualTo(model.ContentHash));
    }
}
