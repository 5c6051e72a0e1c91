using System.Diagnostics;
using System.Numerics.Tensors;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Block sessions treat denormals as zero. Threads of ours must not: .NET's vector code compares lane indices as floating point
/// numbers, so that IndexOfMin would name the wrong element.</summary>
public sealed class BlockThreadTests
{
    private const int Seed = 20263;

    /// <remarks>In a process of its own: only the first session of a process changes its thread.</remarks>
    [TestCase("blocks")]
    [TestCase("export")]
    public void A_thread_whose_first_session_is_this_still_knows_denormals(string first)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BlockThreadTests).Assembly.Location, "denormals", first]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.That(output.Trim(), Is.EqualTo("denormals count: True, least elements found: True"));
    }

    [Test]
    public void An_exception_on_the_block_thread_is_thrown_to_its_caller_and_the_thread_lives_on()
    {
        Assert.That(() => BlockThread.Invoke<int>(() => throw new FormatException("mine")), Throws.TypeOf<FormatException>().With.Message.EqualTo("mine"));
        Assert.That(BlockThread.Invoke(() => Environment.CurrentManagedThreadId), Is.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    /// <summary>Runs in the child: blocks and an exported model, in either order, and then the arithmetic.</summary>
    internal static int Child(string first)
    {
        using var model = SyntheticModels.Random(SyntheticModels.Config(), Seed);
        Action[] uses = [() => RunBlocks(model), () => RunExport(model)];
        foreach (var use in first == "blocks" ? uses : uses.Reverse())
            use();
        Console.WriteLine($"denormals count: {DenormalsCount()}, least elements found: {LeastElementsFound()}");
        return 0;
    }

    private static void RunBlocks(Model.InMemoryModel model)
    {
        using var runner = new OrtBlockRunner(model.Config, threads: 2);
        var (layer, x) = (model.ReadLayer(0), Made.Activations(2, 5, model.Config.HiddenSize, new Random(Seed)));
        runner.Attention(layer.Attention!, layer.AttentionNorm, x);
        runner.Mlp(layer.Mlp!, layer.MlpNorm, x);
        runner.Logits(model.ReadFinalNorm(), model.ReadHead(), x, [0]);
    }

    private static void RunExport(Model.InMemoryModel model)
    {
        using var folder = new TemporaryFolder();
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        decoder.Logits([1, 2, 3]);
    }

    private static bool DenormalsCount()
    {
        // Read back from arrays, or the compiler would do the sums.
        double[] least = [double.Epsilon, double.Epsilon];
        float[] leastSingle = [float.Epsilon, float.Epsilon];
        return least[0] * 1.0 != 0 && least[0] + least[1] == 2 * double.Epsilon && leastSingle[0] + leastSingle[1] == 2 * float.Epsilon;
    }

    private static bool LeastElementsFound() => Enumerable.Range(1, 67).All(length => Enumerable.Range(0, length).All(least =>
        TensorPrimitives.IndexOfMin<double>([.. Enumerable.Range(0, length).Select(i => i == least ? -1.0 : 1 + i % 3)]) == least));
}
