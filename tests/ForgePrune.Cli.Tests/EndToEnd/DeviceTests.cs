using System.Text.Json.Nodes;
using ForgePrune.Kernels.Gpu.Tests;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>The GPU kernels in a whole run, on a real OpenCL device and on the accelerator that ILGPU has for checking them, and what is said where there is no
/// GPU.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class DeviceTests
{
    // More than two blocks of the devices' Cholesky, and no multiple of them.
    private const int Ffn = 72;

    private readonly TemporaryFolder compiled = new();

    [OneTimeTearDown]
    public void Remove() => compiled.Dispose();

    [Test]
    public void The_kernels_of_the_gpu_choose_what_the_processor_chooses()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2, Ffn);
        AssertAlike(folder, "model", Tool.Run(folder, Words("model", "gpu", "--device", "ilgpu-cpu:1")));
    }

    [TestCase(false, TestName = "An_opencl_device_chooses_what_the_processor_chooses")]
    [TestCase(true, TestName = "An_opencl_device_chooses_for_stories260K_what_the_processor_chooses")]
    public void An_opencl_device_chooses_what_the_processor_chooses(bool stories)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2, Ffn);
        var model = stories ? Shared.File("models/stories260K/stories260K.bin") : "model";
        var start = Tool.StartInfo(folder, Words(model, "gpu", "--device", "opencl"));
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(DeviceTests).Assembly.Location;
        // PoCL compiles a kernel once for all processes that share this folder.
        start.Environment["POCL_CACHE_DIR"] = compiled.Path;
        var gpu = Tool.Run(start);
        if (gpu.ExitCode == 3 && gpu.Error.Contains("There is no device 'opencl'"))
            RequiredDevices.Lacks(gpu.Error.TrimEnd());
        AssertAlike(folder, model, gpu);
    }

    private static string[] Words(string model, string place, params string[] further)
    {
        var words = PruneRun.Words(place, further);
        words[Array.IndexOf(words, "model")] = model;
        // A trained model on meaningless ids loses next to nothing until most of it is gone: a KL of 0.001, in which rounding chooses the plan. On text of its own
        // it loses 0.7, and both KLs agree to 1e-6.
        if (model != "model")
            words[Array.IndexOf(words, "text.bin")] = "self";
        return words;
    }

    private static void AssertAlike(TemporaryFolder folder, string model, Tool gpu)
    {
        Assert.That(gpu.ExitCode, Is.Zero, gpu.Error);
        Assert.That(Tool.Run(folder, Words(model, "cpu")).ExitCode, Is.Zero);
        JsonNode ofGpu = Summary(folder, "gpu"), ofCpu = Summary(folder, "cpu");
        TestContext.Out.WriteLine($"{ofGpu["device"]}: {ofGpu["layers"]!.ToJsonString()}, KL {ofGpu["kl"]} and {ofCpu["kl"]}");
        Assert.That(ofGpu["layers"]!.ToJsonString(), Is.EqualTo(ofCpu["layers"]!.ToJsonString()));
        // Moments are float32 sums over 256 tokens in another order, and refits on little text pass on a thousand times their rounding.
        Assert.That((double)ofGpu["kl"]!, Is.EqualTo((double)ofCpu["kl"]!).Within(1).Percent);
        Assert.That((string?)ofGpu["device"], Does.Contain("Grams, levels and refits on"));
        Assert.That((string?)ofCpu["device"], Does.Not.Contain("refits on"));
    }

    [TestCase("cuda:999")]
    [TestCase("opencl:999")]
    [TestCase("cuda:all")]
    public void A_gpu_that_is_not_there_is_one_sentence_and_leaves_nothing(string device)
    {
        if (device == "cuda:all" && File.Exists("/dev/nvidiactl"))
            Assert.Inconclusive("There is a GPU.");
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        var run = Tool.Run(folder, [.. PruneRun.Words("run"), "--device", device]);
        Assert.That(run.ExitCode, Is.EqualTo(3));
        Assert.That(run.ErrorLines, Has.Length.EqualTo(1));
        Assert.That(run.ErrorLines[0], Does.Contain(device));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    private static JsonNode Summary(TemporaryFolder folder, string run) => JsonNode.Parse(File.ReadAllText(folder[$"{run}/summary.json"]))!;
}
