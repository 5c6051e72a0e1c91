using System.Buffers.Binary;
using System.Text.Json;

namespace ForgePrune.Testing.Reference;

/// <summary>All tensors of a folder's safetensors files, in float64, by name and without <c>model.</c> before it.</summary>
public static class RawTensors
{
    public static Dictionary<string, (int[] Shape, double[] Values)> Read(string folder)
    {
        var tensors = new Dictionary<string, (int[] Shape, double[] Values)>();
        var single = Path.Combine(folder, "model.safetensors");
        foreach (var file in File.Exists(single) ? [single] : Directory.GetFiles(folder, "*.safetensors"))
        {
            var bytes = File.ReadAllBytes(file);
            var start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            using var header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
            foreach (var property in header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
            {
                var name = property.Name.StartsWith("model.", StringComparison.Ordinal) ? property.Name["model.".Length..] : property.Name;
                int[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
                int[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
                var data = bytes.AsSpan(start + offsets[0], offsets[1] - offsets[0]);
                tensors.Add(name, (shape, Values(data, property.Value.GetProperty("dtype").GetString()!)));
            }
        }

        return tensors;
    }

    private static double[] Values(ReadOnlySpan<byte> data, string type)
    {
        var size = type == "F32" ? 4 : 2;
        var values = new double[data.Length / size];
        for (var i = 0; i < values.Length; i++)
            values[i] = type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(data[(2 * i)..]),
                // The upper half of a float32.
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]) << 16),
                // Harmless tensors may have any type; none of them is read.
                _ => double.NaN,
            };
        return values;
    }
}
