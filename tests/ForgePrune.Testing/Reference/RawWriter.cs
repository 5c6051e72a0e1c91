using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.Testing.Reference;

/// <summary>Writes safetensors files anew, for checkpoints as others write them.</summary>
public static class RawWriter
{
    /// <param name="type">F32, F16 or BF16.</param>
    public static void Write(string file, IEnumerable<(string Name, int[] Shape, double[] Values, string Type)> tensors)
    {
        var (header, data) = (new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } }, new List<byte>());
        foreach (var (name, shape, values, type) in tensors)
        {
            var start = data.Count;
            data.AddRange(values.SelectMany(value => Bytes(value, type)));
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(start, data.Count),
            };
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        File.WriteAllBytes(file, [.. prefix, .. json, .. data]);
    }

    private static byte[] Bytes(double value, string type) => type switch
    {
        "F32" => BitConverter.GetBytes((float)value),
        "F16" => BitConverter.GetBytes((Half)value),
        // Cut off, not rounded: what is written counts, not what it was made from.
        _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16)),
    };
}
