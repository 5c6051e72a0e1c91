using System.Diagnostics;
using System.Text.Json;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Jobs;
using ForgePrune.Kernels.Gpu;

namespace ForgePrune.Cli.Verbs;

/// <summary>The GPUs of this machine, each interface asked in a process of its own: what a broken driver brings down is that one.</summary>
internal static class GpuSurvey
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, (string Title, Func<GpuApi> Ask)> Interfaces =
        new() { ["cuda"] = ("CUDA", GpuApi.Cuda), ["opencl"] = ("OpenCL", GpuApi.OpenCl) };

    /// <summary>Names of the interfaces, as users type them.</summary>
    public static IReadOnlyCollection<string> Names => Interfaces.Keys;

    public static IReadOnlyList<GpuApi> Ask() => Task.WhenAll(Names.Select(name => Task.Run(() => Ask(name)))).Result;

    /// <summary>Asks in this process.</summary>
    /// <param name="name">One of <see cref="Names"/>; null for all.</param>
    public static IReadOnlyList<GpuApi> AskHere(string? name) => [.. Names.Where(one => name is null || one == name).Select(one => Interfaces[one].Ask())];

    private static GpuApi Ask(string name)
    {
        string[] words = ["kernels", "devices", "--api", name, "--json"];
        using var process = Process.Start(new ProcessStartInfo(OwnTool.Words[0], OwnTool.Words.Skip(1).Concat(words))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return Broken($"its driver does not answer within {Limit.TotalSeconds:0} s");
        }

        try
        {
            return process.ExitCode == 0 && JsonSerializer.Deserialize(output.Result, CliJson.Default.IReadOnlyListGpuApi) is [var api]
                ? api
                : Broken($"its driver ends the process that asks it with exit code {process.ExitCode}{Last(error.Result)}");
        }
        catch (JsonException)
        {
            return Broken("its driver writes into the figures of the process that asks it");
        }

        GpuApi Broken(string fault) =>
            new(Interfaces[name].Title, [], fault, $"install it anew; 'forgeprune {string.Join(' ', words[..^1])}' shows what it does");
    }

    private static string Last(string error) => error.Split('\n', StringSplitOptions.RemoveEmptyEntries) is [.., var line] ? $": {line.Trim()}" : "";
}
