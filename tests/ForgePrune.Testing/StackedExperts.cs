using System.Text.RegularExpressions;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Testing;

/// <summary>A checkpoint with experts as transformers 5 saves it where it is told not to take them apart: all experts of a layer in two tensors of three
/// dimensions, and its own spelling of the config.</summary>
public static partial class StackedExperts
{
    /// <summary>Writes the other form of a folder whose experts are apart.</summary>
    public static void Write(string from, string to)
    {
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(from, "config.json"), Path.Combine(to, "config.json"));
        SyntheticCheckpoint.EditConfig(to, config =>
        {
            if (config["num_experts"] is { } count)
                config["num_local_experts"] = (int)count;
            config["rope_parameters"] = new System.Text.Json.Nodes.JsonObject { ["rope_type"] = "default", ["rope_theta"] = (double)config["rope_theta"]! };
            foreach (var old in (string[])["num_experts", "rope_theta", "rope_scaling"])
                config.Remove(old);
        });
        var tensors = RawTensors.Read(from);
        var stacks = tensors.Keys.Select(name => Expert().Match(name)).Where(match => match.Success)
            .GroupBy(match => $"layers.{match.Groups["layer"].Value}.mlp.experts."
                + (match.Groups["part"].Value is "down_proj" or "w2" ? "down_proj" : "gate_up_proj"));
        RawWriter.Write(Path.Combine(to, "model.safetensors"), [
            .. tensors.Where(tensor => !Expert().IsMatch(tensor.Key)).Select(tensor => (Long(tensor.Key), tensor.Value.Shape, tensor.Value.Values, "F32")),
            .. stacks.Select(stack => Stacked(stack.Key, [.. stack])),
        ]);

        (string, int[], double[], string) Stacked(string name, Match[] parts)
        {
            // Of an expert, gate comes before up: w1 before w3.
            Match[] ordered = [.. parts.OrderBy(part => int.Parse(part.Groups["expert"].Value)).ThenBy(part => part.Groups["part"].Value)];
            var experts = ordered.Select(part => part.Groups["expert"].Value).Distinct().Count();
            var shape = tensors[ordered[0].Value].Shape;
            return (Long(name), [experts, shape[0] * ordered.Length / experts, shape[1]], [.. ordered.SelectMany(part => tensors[part.Value].Values)], "F32");
        }

        static string Long(string name) =>
            (name == "lm_head.weight" ? "" : "model.") + name.Replace("block_sparse_moe.gate", "mlp.gate", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^layers\.(?<layer>\d+)\.\w+\.experts\.(?<expert>\d+)\.(?<part>\w+)\.weight$")]
    private static partial Regex Expert();
}
