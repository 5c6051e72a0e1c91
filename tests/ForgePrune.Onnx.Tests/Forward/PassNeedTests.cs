using ForgePrune.Errors;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>What of a model has to fit into a GPU's memory beside hidden states.</summary>
public sealed class PassNeedTests
{
    private static readonly BlockPlace Place = new(ServingProvider.Cuda(1), OnnxFloat.F16);

    // A head of 8 MiB in two bytes, blocks of 512 rows of 64 MiB in float32, and layers of far less than a MiB.
    private static readonly Model.ModelConfig Config = SyntheticModels.Config(layers: 2, headDim: 16, vocab: 1 << 15) with { HiddenSize = 128 };

    private const long Mega = 1 << 20, Logits = 2 * 6 * 64 * Mega;

    [Test]
    public void Head_logits_and_layer_are_listed()
    {
        Assert.That(PassNeed.Of(Config, Place, 1, 2048 * Mega).Clause, Does.StartWith(
            "forward passes take up to 8.0 MiB for the output head (32768 x 128 in float16), 768 MiB for 512 rows of logits, ")
            .And.EndsWith("for the weights of a layer, and a quarter of what is free for hidden states, of 2.0 GiB free on cuda:1"));
        Assert.That(PassNeed.Of(Config, Place, 2, 2048 * Mega).Clause, Does.Contain("16.0 MiB for 2 output heads (32768 x 128 in float16)"));
    }

    // Head, logits, and layer, and a quarter of the rest: what the device of sums leaves free.
    [Test]
    public void What_passes_take_is_told_to_the_device_that_shares_their_memory()
    {
        var (small, large) = (PassNeed.Of(Config, Place, 1, 2048 * Mega), PassNeed.Of(Config, Place, 1, 4096 * Mega));
        Assert.That((small.Memory, small.Bytes), Is.EqualTo(((Kernels.LentMemory?)Kernels.LentMemory.Cuda(1), large.Bytes - (512 * Mega))));
        Assert.That(small.Bytes, Is.InRange((8 * Mega) + Logits + (300 * Mega), (8 * Mega) + Logits + (330 * Mega)));
    }

    [TestCase(8 * Mega - 1, "the output head (32768 x 128 in float16) would take 8.0 MiB on cuda:1, where 8.0 MiB are free; ")]
    [TestCase(8 * Mega + Logits - 1, "512 rows of logits would take 768 MiB on cuda:1, where 776 MiB are free and 8.0 MiB of them are taken by")]
    [TestCase(8 * Mega + Logits, "the weights of a layer would take ")]
    public void What_does_not_fit_is_refused_by_name(long free, string said) =>
        Assert.That(() => PassNeed.Of(Config, Place, 1, free), Throws.TypeOf<BrokenEnvironmentException>().With.Message.StartsWith(said)
            .And.Message.EndsWith("take one with more memory, or set `Provider` to cpu"));

    [Test]
    public void What_is_taken_is_named_whole() =>
        Assert.That(() => PassNeed.Of(Config, Place, 1, (8 * Mega) + Logits), Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains(
            "776 MiB of them are taken by the output head (32768 x 128 in float16) and 512 rows of logits"));
}
