using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Writes a model as a folder of config.json and float32 safetensors, which <see cref="DecoderModel.Open(string)"/> reads back to the same hash.</summary>
public static class CheckpointWriter
{
    /// <summary>Changes when the same model is written to other bytes, its companions included.</summary>
    public static StageFormat Format { get; } = new("checkpoint", 1);

    /// <summary>The folder of a run that holds its checkpoint.</summary>
    public const string RunFolder = "safetensors";

    /// <summary>Bytes of tensors per file, above which a model is split.</summary>
    public const long DefaultShardLimit = 5_000_000_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes the model tensor by tensor, one layer resident at a time. The folder appears whole, by rename, and replaces nothing.</summary>
    /// <param name="tokenizer">Copied along, with the Hugging Face files beside it.</param>
    /// <param name="shardLimit">Bytes of tensors per file.</param>
    /// <exception cref="Errors.BadInputException">Something is in the place already.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or not writable; nothing is left behind.</exception>
    public static void Write(IDecoderModel model, string folder, TokenizerSource? tokenizer = null, long shardLimit = DefaultShardLimit) =>
        NewFolder.Write(folder, unfinished => Fill(model, unfinished, folder, tokenizer, shardLimit));

    /// <summary>The same into an empty folder that the caller makes appear, as a stage of a run does.</summary>
    public static void Fill(IDecoderModel model, string folder, TokenizerSource? tokenizer) => Fill(model, folder, folder, tokenizer, DefaultShardLimit);

    /// <param name="place">What to call the folder in a message.</param>
    private static void Fill(IDecoderModel model, string folder, string place, TokenizerSource? tokenizer, long shardLimit)
    {
        ModelFamily family = ModelFamilies.Find(model.Config.Family)
            ?? throw new ArgumentException($"family '{model.Config.Family}' is none of {ModelFamilies.Names}", nameof(model));
        long needed = TensorLayout.Of(model.Config).Sum(spec => spec.Elements) * sizeof(float), free = new DriveInfo(folder).AvailableFreeSpace;
        if (needed > free)
            throw CheckpointErrors.NoRoom(place, needed, free);
        WriteTensors(model, family.Names, folder, shardLimit);
        File.WriteAllText(Path.Combine(folder, "config.json"), Text(HuggingFaceKeys.Write(model.Config, family)));
        TokenizerFiles.Copy(tokenizer, folder);
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
}
