using System.Collections.Concurrent;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>What others are compared with: a run of one process by the words of PruneRun on what SyntheticRun writes, made once for each number of
/// layers.</summary>
internal static class WholeRun
{
    private static readonly ConcurrentDictionary<int, Lazy<string[]>> Made = new();

    /// <summary>Name and SHA-256 of every file of its result.</summary>
    public static string[] Bytes(int layers) => Made.GetOrAdd(layers, _ => new(() => Make(layers))).Value;

    private static string[] Make(int layers)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers);
        var tool = Tool.Run(folder, PruneRun.Words("whole"));
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        var bytes = FolderBytes.OfResult(folder["whole"]);
        Assert.That(bytes, Has.Length.GreaterThan(5));
        return bytes;
    }
}
