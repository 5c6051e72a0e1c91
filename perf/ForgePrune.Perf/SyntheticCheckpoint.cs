using System.Buffers.Binary;
using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Perf;

/// <summary>Writes a Hugging Face folder of bf16 random weights with the shapes of a real config: the size of a model without its words. Of a config of text
/// and images, the decoder's.</summary>
internal static class SyntheticCheckpoint
{
    // Weights as untrained models have them; norms are one.
    private const double Deviation = 0.02;

    public static void Write(string configFile, string folder, int seed)
    {
        var read = HuggingFaceConfig.Read(configFile);
        Directory.CreateDirectory(folder);
        if (read.Wrapper is null)
            File.Copy(configFile, Path.Combine(folder, "config.json"), overwrite: true);
        else
            File.WriteAllText(Path.Combine(folder, "config.json"), HuggingFaceKeys.Write(read.Config, read.Family).ToJsonString());
        var tensors = StoredSpec.Of(read.Config, read.Family.Names).ToArray();
        var header = new JsonObject();
        long offset = 0;
        foreach (var tensor in tensors)
        {
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = "BF16",
                ["shape"] = tensor.IsVector ? new JsonArray(tensor.Rows) : new JsonArray(tensor.Rows, tensor.Cols),
                ["data_offsets"] = new JsonArray(offset, offset += 2 * tensor.Elements),
            };
        }

        using var stream = File.Create(Path.Combine(folder, "model.safetensors"));
        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)text.Length);
        stream.Write(prefix);
        stream.Write(text);
        var random = new Random(seed);
        foreach (var tensor in tensors)
            WriteValues(stream, tensor, tensor.Parts[0].Role.IsNorm() && !read.Family.NormsAddOne ? 1 : 0, random);
    }

    /// <param name="vector">The values of a vector: a norm of one, or a bias of none.</param>
    private static void WriteValues(Stream stream, StoredSpec tensor, float vector, Random random)
    {
        var bytes = new byte[2 * (tensor.IsVector ? tensor.Rows : tensor.Cols)];
        for (var row = 0; row < (tensor.IsVector ? 1 : tensor.Rows); row++)
        {
            for (var i = 0; i < bytes.Length; i += 2)
            {
                // Sum of four uniforms: near enough to normal, and quick.
                var value = tensor.IsVector ? vector : (float)(Deviation * Math.Sqrt(3) * (random.NextDouble() + random.NextDouble() + random.NextDouble()
                    + random.NextDouble() - 2));
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            }

            stream.Write(bytes);
        }
    }
}
