using System.Security.Cryptography;

namespace ForgePrune.Testing;

/// <summary>The results of a run as bytes: plans, trainers' model, runtimes' model.</summary>
public static class FolderBytes
{
    /// <summary>Name and SHA-256 of every file of the result.</summary>
    public static string[] OfResult(string run) =>
    [
        .. Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(run, path))
            .Where(name => !name.StartsWith("jobs", StringComparison.Ordinal))
            .Where(name => Path.GetFileName(name) is "plan.json" or "contest.json" || name.StartsWith("onnx", StringComparison.Ordinal)
                || name.StartsWith("safetensors", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => $"{name} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, name))))}"),
    ];

    /// <summary>Whatever a broken-off stage or write might have left: temporary names, and stages without their manifest.</summary>
    public static string[] Unfinished(string run) => !Directory.Exists(run) ? [] :
    [
        .. Directory.EnumerateFileSystemEntries(run, "*", SearchOption.AllDirectories)
            .Where(path => new[] { ".tmp", ".part", ".partial", ".unfinished" }.Contains(Path.GetExtension(path))),
        .. Directory.EnumerateDirectories(run).Where(path => Path.GetFileName(path) is var name && name is not ("manifests" or "state" or "parts" or "jobs")
            && !File.Exists(Path.Combine(run, "manifests", name + ".json"))),
    ];
}
