using System.Diagnostics;
using ForgePrune.Onnx.Export;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The measuring program for machines with a GPU, as far as it runs without one: the real program as a child process.</summary>
public sealed class PerfTests
{
    private static readonly string Script = Path.Combine(Shared.Root, "perf", "gpu", "run.sh");

    [Test]
    public void Without_a_gpu_it_says_so_in_one_sentence()
    {
        var (code, output, error) = Start("dotnet", Program);
        if (code == 0)
            Assert.Inconclusive("There is a GPU: " + output);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
        Assert.That(error, Does.Contain("measured"));
    }

    [Test]
    public void Checks_come_before_times_and_what_is_left_out_is_said()
    {
        using var folder = new TemporaryFolder();
        var config = MadeModels.Config();
        OnnxExporter.Write(MadeModels.Random(config, 1), folder["dense"], tokenizer: null);
        OnnxExporter.Write(MadeModels.Random(config with { Layers = [.. config.Layers.Select(layer => layer with { Ffn = 16 })] }, 2), folder["pruned"], tokenizer: null);
        var (code, output, error) = Start("dotnet", Program, "--device", "ilgpu-cpu", "--tiny", "--dense", folder["dense"], "--pruned", folder["pruned"]);
        Assert.That(code, Is.Zero, output + error);
        TestContext.Out.WriteLine(output);
        var lines = output.Split('\n');
        var head = Array.FindIndex(lines, line => line.StartsWith("| what", StringComparison.Ordinal));
        Assert.That(lines[..head].Count(line => line.StartsWith("right", StringComparison.Ordinal)), Is.EqualTo(9));
        Assert.That(lines[..head].Count(line => line.StartsWith("left out  Gram in", StringComparison.Ordinal)), Is.EqualTo(4), "two precisions of two sizes");
        Assert.That(output, Does.Not.Contain("WRONG"));
        foreach (var row in new[] { "| Gram f32 40 x 36 | ", "| levels of 8 x 24 | ", "| prompt of 16 tokens | ", "| one more token | " })
            Assert.That(lines[head..].Single(line => line.StartsWith(row, StringComparison.Ordinal)), Does.Contain(" ms |"));
        foreach (var row in new[] { "| cuBLAS | ", "| Gram tf32 ", "| Gram bf16 ", "| sample for CuPy", "| sample in C" })
            Assert.That(lines[head..].Any(line => line.StartsWith(row, StringComparison.Ordinal)), row);
    }

    [TestCase("--device", "ilgpu-cpu")]
    [TestCase("--seconds", "9999")]
    [TestCase("--dense", "/")]
    [TestCase("--fast", "")]
    public void Words_that_mean_nothing_are_refused(string word, string value)
    {
        var (code, _, error) = Start("dotnet", Program, word, value);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith("usage: "));
    }

    [Test]
    public void The_script_wants_a_publish()
    {
        using var folder = new TemporaryFolder();
        foreach (var words in new[] { Array.Empty<string>(), [folder.Path] })
        {
            var (code, _, error) = Start("bash", [Script, .. words]);
            Assert.That(code, Is.EqualTo(2));
            Assert.That(error, Does.Contain("holds no ForgePrune.GpuPerf"));
        }
    }

    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void The_script_starts_the_program_and_passes_its_exit_code_on()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ForgePrune.GpuPerf"], "#!/bin/sh\necho \"$@\"\nexit 3\n");
        File.SetUnixFileMode(folder["ForgePrune.GpuPerf"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.That(Start("bash", Script, folder.Path, "--device", "cuda:1"), Is.EqualTo((3, "--device cuda:1\n", "")));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "ForgePrune.GpuPerf.dll");

    private static (int Code, string Output, string Error) Start(string program, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
