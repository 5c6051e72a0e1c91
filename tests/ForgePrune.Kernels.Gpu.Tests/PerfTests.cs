using System.Diagnostics;
using System.Text.Json;
using ForgePrune.GpuPerf;
using ForgePrune.Onnx.Export;
using ForgePrune.Quantization;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The measuring program for machines with a GPU, as far as it runs without one: the real program as a child process.</summary>
public sealed class PerfTests
{
    [Test]
    public void Without_a_gpu_it_says_so_in_one_sentence()
    {
        var (code, output, error) = Start("dotnet", Program);
        if (code == 0)
            Assert.Inconclusive("There is a GPU: " + output);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
        Assert.That(error, Does.StartWith("Nothing was measured: there is no CUDA device: "));
    }

    [Test]
    [Category("Slow")]
    public void Checks_come_before_times_and_what_is_left_out_is_said()
    {
        using var folder = new TemporaryFolder();
        var config = SyntheticModels.Config();
        OnnxExporter.Write(SyntheticModels.Random(config, 1), folder["dense"], tokenizer: null);
        var less = config with { Layers = [.. config.Layers.Select(layer => layer with { Ffn = 16 })] };
        OnnxExporter.Write(SyntheticModels.Random(less, 2), folder["pruned"], tokenizer: null);
        SyntheticCheckpoint.Write(SyntheticModels.Random(config, 1), folder["model"]);
        SyntheticCheckpoint.Write(SyntheticModels.Random(less, 2), folder["less"]);
        var (code, output, error) = StartIn(folder, "dotnet", Program, "--device", "ilgpu-cpu", "--tiny", "--dense", folder["dense"], "--pruned", folder["pruned"],
            "--dense-model", folder["model"], "--pruned-model", folder["less"], "--out", folder.Path);
        Assert.That(code, Is.Zero, output + error);
        TestContext.Out.WriteLine(output);
        var lines = output.Split('\n');
        var head = Array.FindIndex(lines, line => line.StartsWith("| what", StringComparison.Ordinal));
        Assert.That(lines[..head].Count(line => line.StartsWith("- right: ", StringComparison.Ordinal)), Is.EqualTo(12));
        Assert.That(lines[..head].Count(line => line.StartsWith("- left out: Gram in", StringComparison.Ordinal)), Is.EqualTo(4),
            "two precisions of two sizes");
        Assert.That(lines[..head].Count(line => line.StartsWith("- left out: sums of lent", StringComparison.Ordinal)), Is.EqualTo(6), "three types of two sizes");
        Assert.That(output, Does.Not.Contain("WRONG"));
        foreach (var row in new[] { "| Gram f32 40 x 36 | ", "| product f64 9 x 7 x 5 | ", "| levels of 8 x 24 | ", "| prompt of 16 tokens | ",
            "| one more token | ", "| calibration, activations read where they lie | ", "| Prefill of checkpoints on cpu | ", "| Decode of checkpoints on cpu | " })
            Assert.That(lines[head..].Single(line => line.StartsWith(row, StringComparison.Ordinal)), Does.Contain(" ms |"));
        foreach (var row in new[] { "| cuBLAS | ", "| products by cuBLAS | ", "| compute-sanitizer memcheck | ", "| compute-sanitizer racecheck | ",
            "| ptxas", "| Gram tf32 ", "| Gram of lent f16 ", "| Gram bf16 ", "| sample for CuPy", "| sample in C" })
            Assert.That(lines[head..].Any(line => line.StartsWith(row, StringComparison.Ordinal)), row);
        Assert.That(output, Does.StartWith(File.ReadAllText(folder["table.md"])), "the table is kept as it is printed");
        using var raw = JsonDocument.Parse(File.ReadAllText(folder["results.json"]));
        Assert.That(raw.RootElement.GetProperty("machine").GetProperty("device").GetProperty("driver").GetString(), Does.StartWith("ILGPU "));
        Assert.That(raw.RootElement.GetProperty("checks").GetArrayLength(), Is.EqualTo(
            lines[..head].Count(line => line.StartsWith("- ", StringComparison.Ordinal))));
        var gram = raw.RootElement.GetProperty("rows").EnumerateArray().Single(row => row.GetProperty("what").GetString() == "Gram f32 40 x 36");
        Assert.That(gram.GetProperty("ours").EnumerateArray().Select(seconds => seconds.GetDouble()), Has.Exactly(7).Positive);
    }

    // The one place where the program's checks meet a real driver without a GPU; the scripts around it are tested apart.
    [TestCase("--tiny")]
    [TestCase("--checks")]
    [NonParallelizable]
    [Category("Slow")]
    public void On_a_real_opencl_device_all_answers_are_right(string sizes)
    {
        using var folder = new TemporaryFolder();
        OpenClDevices.Waived = GenericAddresses.Assumed;
        var code = GpuRun.Start(["--device", "opencl", sizes, "--out", folder.Path]);
        if (code == 3)
            RequiredDevices.Lacks("No OpenCL device can be used, so the program's checks met no real driver.");
        Assert.That(code, Is.Zero, File.ReadAllText(folder[Report.TableFile]));
    }

    [Test]
    public void Checks_alone_time_nothing()
    {
        Assert.That(Usage.Parse(["--device", "cuda", "--checks"])!.Sizes, Is.EqualTo(CheckSizes.Small));
        Assert.That(Usage.Parse(["--checks", "--tiny"]), Is.Null, "one of both");
    }

    // NaN is no answer, and every comparison with it is false.
    [TestCase(0, 0, false)]
    [TestCase(1e-3, 1e-2, false)]
    [TestCase(1e-2, 1e-3, true)]
    [TestCase(double.NaN, 1, true)]
    [TestCase(double.PositiveInfinity, 1, true)]
    public void An_answer_is_wrong_unless_it_is_near(double difference, double allowed, bool wrong) =>
        Assert.That(new CheckLine("sum", difference, allowed).IsWrong, Is.EqualTo(wrong));

    [TestCase(0, "========= ERROR SUMMARY: 0 errors", "right: ", false)]
    [TestCase(0, "========= Target application returned without a CUDA call", "left out: exit code 0", false)]
    [TestCase(99, "========= ERROR SUMMARY: 3 errors", "========= ERROR SUMMARY: 3 errors", true)]
    [TestCase(1, "Answers are wrong: nothing was timed.", "Answers are wrong", true)]
    [TestCase(255, "========= Error: Device not supported", "left out: exit code 255, ========= Error: Device not supported", false)]
    [TestCase(null, "", "left out: says nothing", false)]
    public void A_sanitizer_is_right_only_by_its_own_word(int? code, string output, string text, bool wrong)
    {
        var verdict = SanitizerRows.Judge(new Child(code, output + "\n", ""), "ERROR SUMMARY: 0 errors");
        Assert.That(verdict.Text, Does.StartWith(text));
        Assert.That(verdict.IsWrong, Is.EqualTo(wrong));
    }

    [TestCase("--device", "ilgpu-cpu")]
    [TestCase("--seconds", "9999")]
    [TestCase("--dense", "/")]
    [TestCase("--out", "/nowhere")]
    [TestCase("--fast", "")]
    public void Words_that_mean_nothing_are_refused(string word, string value)
    {
        var (code, _, error) = Start("dotnet", Program, word, value);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith("usage: "));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "ForgePrune.GpuPerf.dll");

    private static (int Code, string Output, string Error) Start(string program, params string[] words) => StartIn(null, program, words);

    /// <param name="cache">Gets the times that it keeps; null where it keeps none.</param>
    private static (int Code, string Output, string Error) StartIn(TemporaryFolder? cache, string program, params string[] words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (cache is not null)
            start.Environment["XDG_CACHE_HOME"] = cache["cache"];
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
