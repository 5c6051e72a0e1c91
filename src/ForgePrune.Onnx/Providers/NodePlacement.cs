using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Providers;

/// <summary>A node of a graph that ran, and on what.</summary>
/// <param name="Name">As the graph calls it; empty where it does not.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Provider">ONNX Runtime's name of what it ran on.</param>
internal sealed record PlacedNode(string Name, string Operator, string Provider);

/// <summary>Which provider ran each node of a session, read from ONNX Runtime's own trace of a call.</summary>
/// <remarks>Its switch session.disable_cpu_ep_fallback would refuse every decoder: with the CUDA provider, ONNX Runtime itself puts the arithmetic of lengths
/// on the processor (Shape, and what is computed from it), because attention reads the length there. So what matters is looked at: no node with weights or
/// activations may run there.</remarks>
internal static class NodePlacement
{
    private const string Cpu = "CPUExecutionProvider", KernelTime = "_kernel_time";

    /// <summary>Operators that lengths, positions and their tables are computed with.</summary>
    private static readonly HashSet<string> OfLengths =
    [
        "Add", "Cast", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Expand", "Gather", "Greater", "Identity", "Less", "Max", "Min", "Mul", "Pad",
        "Range", "ReduceMax", "ReduceMin", "ReduceSum", "Reshape", "Shape", "Sin", "Size", "Slice", "Split", "Squeeze", "Sub", "Unsqueeze", "Where",
    ];

    /// <summary>Lets a session write its trace.</summary>
    /// <param name="folder">Gets the file.</param>
    public static void Trace(SessionOptions options, string folder)
    {
        options.ProfileOutputPathPrefix = Path.Combine(folder, "trace");
        options.EnableProfiling = true;
    }

    /// <summary>The nodes of a trace.</summary>
    /// <param name="trace">The file that <see cref="InferenceSession.EndProfiling"/> names.</param>
    public static IReadOnlyList<PlacedNode> Read(string trace)
    {
        using var events = JsonDocument.Parse(File.ReadAllBytes(trace));
        var nodes = new List<PlacedNode>();
        foreach (var one in events.RootElement.EnumerateArray())
        {
            if (Text(one, "cat") != "Node" || Text(one, "name") is not { } name || !name.EndsWith(KernelTime, StringComparison.Ordinal)
                || !one.TryGetProperty("args", out var arguments) || Text(arguments, "provider") is not { } provider)
                continue;
            nodes.Add(new PlacedNode(name[..^KernelTime.Length], Text(arguments, "op_name") ?? "", provider));
        }

        return [.. nodes.Distinct()];
    }

    /// <summary>The first node that ran on the processor though it computes with weights or activations; null where none did.</summary>
    public static PlacedNode? Strayed(IEnumerable<PlacedNode> nodes) =>
        nodes.FirstOrDefault(node => node.Provider == Cpu && !OfLengths.Contains(node.Operator));

    /// <summary>The first node that ran on the processor, whatever it computes; null where none did.</summary>
    public static PlacedNode? OnProcessor(IEnumerable<PlacedNode> nodes) => nodes.FirstOrDefault(node => node.Provider == Cpu);

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
