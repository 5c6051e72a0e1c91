using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Writes a model as a folder of config.json and float32 safetensors, which <see cref="DecoderModel.Open(string)"/> reads back to the same
/// hash.</summary>
public static class CheckpointWriter
{
    /// <summary>The version of the result: it changes when the same model is written to different bytes.</summary>
    public static StageFormat Format { get; } = new("checkpoint", 2);

    /// <summary>The name of the checkpoint folder in a run folder.</summary>
    public const string RunFolder = "safetensors";

    /// <summary>The default bytes of tensors per file.</summary>
    public const long DefaultShardLimit = 5_000_000_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes a model tensor by tensor, one layer in memory at a time. The folder appears whole, by rename, and replaces nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The path of the new folder.</param>
    /// <param name="tokenizer">The tokenizer to copy, with the Hugging Face files beside it; null for none.</param>
    /// <param name="shardLimit">The largest bytes of tensors per file.</param>
    /// <exception cref="Errors.BadInputException">There is a file or folder of this name already.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or not writable; nothing is left behind.</exception>
    public static void Write(IDecoderModel model, string folder, TokenizerSource? tokenizer = null, long shardLimit = DefaultShardLimit) =>
        NewFolder.Write(folder, unfinished => Fill(model, unfinished, folder, tokenizer, shardLimit));

    /// <summary>Writes a model into an empty folder that the caller renames afterwards.</summary>
    public static void Fill(IDecoderModel model, string folder, TokenizerSource? tokenizer) => Fill(model, folder, folder, tokenizer, DefaultShardLimit);

    /// <param name="place">The name of the folder in messages.</param>
    private static void Fill(IDecoderModel model, string folder, string place, TokenizerSource? tokenizer, long shardLimit)
    {
        Fill(model, folder, place, tokenizer, shardLimit, HuggingFaceKeys.Write(model.Config, Family(model)));
        if (!ModelFamilies.IsStock(model.Config) && TrainerClasses.Hold(model.Config, Family(model)))
            TrainerClasses.Copy(folder);
    }

    /// <param name="place">The name of the folder in messages.</param>
    /// <param name="config">The content of config.json.</param>
    internal static void Fill(IDecoderModel model, string folder, string place, TokenizerSource? tokenizer, long shardLimit, JsonObject config)
    {
        long needed = TensorLayout.Of(model.Config).Sum(spec => spec.Elements) * sizeof(float), free = new DriveInfo(folder).AvailableFreeSpace;
        if (needed > free)
            throw CheckpointErrors.NoRoom(place, needed, free);
        WriteTensors(model, Family(model), folder, shardLimit);
        File.WriteAllText(Path.Combine(folder, "config.json"), Text(config));
        TokenizerFiles.Copy(tokenizer, folder);
    }

    private static ModelFamily Family(IDecoderModel model) => ModelFamilies.Find(model.Config.Family)
        ?? throw new ArgumentException($"family '{model.Config.Family}' is none of {ModelFamilies.Names}", nameof(model));

    private static void WriteTensors(IDecoderModel model, ModelFamily family, string folder, long shardLimit)
    {
        IReadOnlyList<IReadOnlyList<StoredSpec>> shards = ShardPlan.Of(StoredSpec.Of(model.Config, family.Names), sizeof(float), shardLimit);
        var values = new ModelTensors(model);
        var index = new JsonObject();
        for (int i = 0; i < shards.Count; i++)
        {
            string name = ShardPlan.FileName(i, shards.Count);
            using var writer = new SafetensorsWriter(Path.Combine(folder, name), shards[i]);
            foreach (StoredSpec spec in shards[i])
            {
                foreach (TensorSpec part in spec.Parts)
                    writer.Write(family.NormsAddOne && part.Role.IsNorm() ? NormForm.Stored(values.Of(part)) : values.Of(part));
                index[spec.Name] = name;
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
