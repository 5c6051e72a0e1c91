using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Checkpoint folders in Hugging Face's form, made small and then spoilt as a test needs.</summary>
public static class SyntheticCheckpoint
{
    /// <summary>Writes a model as stock Hugging Face exports look: without ForgePrune's own key.</summary>
    public static string Write(IDecoderModel model, string folder, long shardLimit = CheckpointWriter.DefaultShardLimit)
    {
        CheckpointWriter.Write(model, folder, shardLimit: shardLimit);
        EditConfig(folder, config => config.Remove("forgeprune"));
        return folder;
    }

    /// <summary>Changes config.json in place.</summary>
    public static void EditConfig(string folder, Action<JsonObject> edit) => EditJson(Path.Combine(folder, "config.json"), edit);

    public static void EditJson(string file, Action<JsonObject> edit)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        edit(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    /// <summary>Changes the header of a safetensors file, leaving the bytes of the tensors as they are.</summary>
    public static void EditHeader(string file, Func<string, string> edit)
    {
        (string header, byte[] data) = Split(file);
        WriteSafetensors(file, edit(header), data);
    }

    /// <summary>Changes the bytes of the tensors, leaving the header as it is.</summary>
    public static void EditData(string file, Func<byte[], byte[]> edit)
    {
        (string header, byte[] data) = Split(file);
        WriteSafetensors(file, header, edit(data));
    }

    public static void WriteSafetensors(string file, string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        File.WriteAllBytes(file, [.. prefix, .. json, .. data]);
    }

    private static (string Header, byte[] Data) Split(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        return (Encoding.UTF8.GetString(bytes, 8, length), bytes[(8 + length)..]);
    }
}
