using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests.Exits;

/// <summary>An exported folder in onnxruntime-node.</summary>
internal static class NodeRuntime
{
    private const string Package = "tests/node/node_modules/onnxruntime-node";

    public static string Version => (string)JsonNode.Parse(File.ReadAllText(Path.Combine(Shared.Restored(Package), "package.json")))!["version"]!;

    /// <summary>Logits (ids × vocab) from an empty cache.</summary>
    public static float[] Logits(string folder, int[] ids) =>
        [.. MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(Run("logits.mjs", [folder, .. ids.Select(id => $"{id}")])))];

    /// <summary>The most likely id, step by step through the cache.</summary>
    public static int[] Greedy(string folder, int[] prompt, int count) =>
        [.. Run("greedy.mjs", [folder, $"{count}", .. prompt.Select(id => $"{id}")]).Split(',').Select(int.Parse)];

    private static string Run(string script, string[] arguments)
    {
        Shared.Restored(Package);
        using var node = Process.Start(
            new ProcessStartInfo("node", [Path.Combine(Shared.Root, "tests", "node", script), .. arguments]) { RedirectStandardOutput = true })!;
        var printed = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.That(node.ExitCode, Is.Zero, script);
        return printed;
    }
}
