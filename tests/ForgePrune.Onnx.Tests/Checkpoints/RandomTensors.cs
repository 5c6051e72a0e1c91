using System.Text.Json.Nodes;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>The tensors of a random checkpoint.</summary>
/// <param name="prefix">Of all names but the head's.</param>
/// <param name="type">Of all tensors; null draws one for each.</param>
internal sealed class RandomTensors(Dice dice, string prefix, string? type)
{
    private readonly List<(string Name, int[] Shape, double[] Values, string Type)> tensors = [];

    public static string[] Types { get; } = ["F32", "F16", "BF16"];

    public void Linear(string name, bool bias, int rows, int cols)
    {
        Add(name + ".weight", 0, 1 / Math.Sqrt(cols), rows, cols);
        if (bias)
            Add(name + ".bias", 0, 0.3, rows);
    }

    public void Add(string name, double mean, double deviation, params int[] shape)
    {
        var values = new double[shape.Aggregate(1, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = mean + (deviation * dice.Normal());
        tensors.Add(((name == "lm_head.weight" ? "" : prefix) + name, shape, values, type ?? dice.Any(Types)));
    }

    /// <summary>A tied head that is stored as well, with the embedding's values in its type or a wider one.</summary>
    public void AddTiedHead()
    {
        var (_, shape, values, stored) = tensors[0];
        tensors.Add(("lm_head.weight", shape, Exact(values, stored), dice.Any(stored, "F32")));
    }

    /// <summary>In one file, in shards with an index, or in shards whose names say how many there are.</summary>
    public void Write(string folder)
    {
        var (layout, shards) = (dice.Next(3), dice.Next(1, 4));
        if (layout == 0)
        {
            RawWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
            return;
        }

        var map = new JsonObject();
        foreach (var shard in tensors.Select(tensor => (tensor, Shard: dice.Next(shards))).ToLookup(pair => pair.Shard, pair => pair.tensor))
        {
            RawWriter.Write(Path.Combine(folder, Name(shard.Key)), shard);
            foreach (var (name, _, _, _) in shard)
                map[name] = Name(shard.Key);
        }

        for (var shard = 0; shard < shards; shard++)
            if (layout == 2 && !File.Exists(Path.Combine(folder, Name(shard))))
                RawWriter.Write(Path.Combine(folder, Name(shard)), []);
        if (layout == 1)
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"),
                new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());

        string Name(int shard) => $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
    }

    /// <summary>The values as a type stores them.</summary>
    private static double[] Exact(double[] values, string type) => [.. values.Select(value => type switch
    {
        "F32" => (float)value,
        "F16" => (double)(Half)value,
        _ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)value) & 0xFFFF_0000),
    })];
}
