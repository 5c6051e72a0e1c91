using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Writes a model as a folder of config.json and float32 safetensors, which <see cref="DecoderModel.Open"/> reads back to the same hash.</summary>
public static class CheckpointWriter
{
    /// <summary>The folder of a run that holds its checkpoint.</summary>
    public const string RunFolder = "safetensors";

    /// <summary>Bytes of tensors per file, above which a model is split.</summary>
    public const long DefaultShardLimit = 5_000_000_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes the model tensor by tensor, one layer resident at a time. The folder appears whole, by rename; one that is there already is replaced.</summary>
    /// <param name="tokenizer">Copied along, with the Hugging Face files beside it.</param>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or not writable; nothing is left behind.</exception>
    public static void Write(IDecoderModel model, string folder, TokenizerSource? tokenizer = null, long shardLimit = DefaultShardLimit)
    {
        ModelFamily family = ModelFamilies.Find(model.Config.Family)
            ?? throw new ArgumentException($"family '{model.Config.Family}' is none of {ModelFamilies.Names}", nameof(model));
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        // Beside the target, so that the rename stays within one file system.
        string partial = $"{target}.partial";
        try
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            Directory.CreateDirectory(partial);
            WriteTensors(model, family.Names, partial, shardLimit);
            File.WriteAllText(Path.Combine(partial, "config.json"), Text(HuggingFaceKeys.Write(model.Config, family)));
            TokenizerFiles.Copy(tokenizer, partial);
            if (Directory.Exists(target))
                Directory.Delete(target, recursive: true);
            Directory.Move(partial, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(partial);
            throw CheckpointErrors.CannotWrite(folder, e);
        }
        catch
        {
            Remove(partial);
            throw;
        }
    }

    private static void WriteTensors(IDecoderModel model, TensorNames names, string folder, long shardLimit)
    {
        IReadOnlyList<IReadOnlyList<TensorSpec>> shards = ShardPlan.Of(TensorLayout.Of(model.Config), sizeof(float), shardLimit);
        using IEnumerator<(TensorSpec Spec, float[] Values)> values = ModelTensors.Read(model).GetEnumerator();
        var index = new JsonObject();
        for (int i = 0; i < shards.Count; i++)
        {
            string name = ShardPlan.FileName(i, shards.Count);
            using var writer = new SafetensorsWriter(Path.Combine(folder, name), shards[i], names);
            foreach (TensorSpec spec in shards[i])
            {
                values.MoveNext();
                writer.Write(values.Current.Values);
                index[names[spec]] = name;
            }

            writer.Flush();
        }

        if (shards.Count > 1)
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), Text(new JsonObject
            {
                ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Sum(spec => spec.Elements)) * sizeof(float) },
                ["weight_map"] = index,
            }));
    }

    private static string Text(JsonObject json) => json.ToJsonString(Indented) + "\n";

    /// <summary>Clears up after a fault; that it may fail too must not hide the first one.</summary>
    private static void Remove(string partial)
    {
        try
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
