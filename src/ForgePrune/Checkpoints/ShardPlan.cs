using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The distribution of tensors over files.</summary>
internal static class ShardPlan
{
    /// <summary>Fills shards in layout order; a tensor larger than the limit has a shard of its own.</summary>
    /// <param name="limit">Bytes of tensors per shard.</param>
    public static IReadOnlyList<IReadOnlyList<StoredSpec>> Of(IEnumerable<StoredSpec> tensors, int bytesPerElement, long limit)
    {
        var shards = new List<List<StoredSpec>>();
        long room = 0;
        foreach (StoredSpec tensor in tensors)
        {
            long bytes = tensor.Elements * bytesPerElement;
            if (shards.Count == 0 || bytes > room)
            {
                shards.Add([]);
                room = limit;
            }

            shards[^1].Add(tensor);
            room -= bytes;
        }

        return shards;
    }

    /// <summary>Hugging Face's name of shard <paramref name="index"/>.</summary>
    public static string FileName(int index, int count) =>
        count == 1 ? "model.safetensors" : $"model-{index + 1:D5}-of-{count:D5}.safetensors";
}
