using System.Numerics.Tensors;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Block sessions treat denormals as zero. Threads of ours must not: .NET's vector code compares lane indices as floating point
/// numbers, so that IndexOfMin would name the wrong element.</summary>
public sealed class BlockThreadTests
{
    private const int Seed = 20263;

    [Test]
    public void A_thread_that_ran_blocks_still_knows_denormals()
    {
        var config = MadeModels.Config();
        var random = new Random(Seed);
        using var model = MadeModels.Random(config, Seed);
        using var runner = new OrtBlockRunner(config, threads: 2);
        var (layer, x) = (model.ReadLayer(0), Made.Activations(2, 5, config.HiddenSize, random));
        runner.Attention(layer.Attention!, layer.AttentionNorm, x);
        runner.Mlp(layer.Mlp!, layer.MlpNorm, x);
        runner.Logits(model.ReadFinalNorm(), model.ReadHead(), x, [0]);
        AssertDenormalsCount();
    }

    [Test]
    public void A_thread_that_opened_and_ran_an_exported_model_still_knows_denormals()
    {
        using var folder = new TemporaryFolder();
        using var model = MadeModels.Random(MadeModels.Config(), Seed);
        Onnx.Export.OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        decoder.Logits([1, 2, 3]);
        AssertDenormalsCount();
    }

    [Test]
    public void An_exception_on_the_block_thread_is_thrown_to_its_caller_and_the_thread_lives_on()
    {
        Assert.That(() => BlockThread.Invoke<int>(() => throw new FormatException("mine")), Throws.TypeOf<FormatException>().With.Message.EqualTo("mine"));
        Assert.That(BlockThread.Invoke(() => Environment.CurrentManagedThreadId), Is.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    private static void AssertDenormalsCount()
    {
        // Read back from an array, or the compiler would do the sum.
        double[] smallest = [double.Epsilon, double.Epsilon];
        float[] smallestSingle = [float.Epsilon, float.Epsilon];
        Assert.That(smallest[0] * 1.0 + smallest[1], Is.EqualTo(2 * double.Epsilon));
        Assert.That(smallestSingle[0] + smallestSingle[1], Is.EqualTo(2 * float.Epsilon));
        for (var length = 1; length <= 67; length++)
        {
            for (var least = 0; least < length; least++)
            {
                var values = Enumerable.Range(0, length).Select(i => i == least ? -1.0 : 1 + i % 3).ToArray();
                Assert.That(TensorPrimitives.IndexOfMin<double>(values), Is.EqualTo(least), $"of {length}");
            }
        }
    }
}
