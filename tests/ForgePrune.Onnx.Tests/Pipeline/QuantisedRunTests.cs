using System.Text.Json.Nodes;
using ForgePrune.IO;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Runs that also write their model in fewer bits.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class QuantisedRunTests : SyntheticRunFixture
{
    [TestCase(4, QuantizationMethod.Gptq)]
    [TestCase(8, QuantizationMethod.Rtn)]
    public void A_quantised_model_is_written_too_and_judged_by_its_file(int bits, QuantizationMethod method)
    {
        var quantize = new QuantizationSettings(bits, method, 32);
        var settings = Settings($"quantised-{bits}", new Target(Metric.Prunable, 0.6)) with { Quantize = quantize };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary;
        RequireRun.SameTokens(Path.Combine(settings.Out, "onnx"));
        RequireRun.SameTokens(Path.Combine(settings.Out, $"onnx-{quantize.Name}"));
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        var found = summary.Quantized!;
        Assert.That((found.Bits, found.Method, found.Block), Is.EqualTo((bits, quantize.MethodName, 32)));
        Assert.That(found.Bytes, Is.LessThan(summary.Bytes.After));
        // Random weights: rounding them moves the perplexity of a vocabulary of 200 by per cents, a wrong file by far more.
        Assert.That(found.Perplexity, Is.EqualTo(summary.Perplexity.Pruned).Within(bits == 8 ? 2 : 10).Percent);
        Assert.That(found.Kl, Is.GreaterThan(0));
        Assert.That(found.ExactPerplexity, Is.EqualTo(found.Perplexity).Within(1).Percent.And.Not.EqualTo(found.Perplexity),
            "activations are rounded, a little");
        foreach (var ratio in new[] { found.Speedup!.Prefill, found.Speedup.Decode, found.OverPruned!.Prefill, found.OverPruned.Decode })
            Assert.That(ratio.Low, Is.GreaterThan(0).And.LessThanOrEqualTo(ratio.Measured).And.LessThanOrEqualTo(ratio.High));
        Assert.That((int?)JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!["quantized"]!["bits"], Is.EqualTo(bits));

        Assert.That((int?)JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!["quantized"]!["accuracyLevel"], Is.EqualTo(4));

        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")), Does.Contain($"<th scope=row>int{bits}, {quantize.MethodName}</th>")
            .And.Contain("blocks of 32, accuracy level 4").And.Contain("Where it runs").And.Contain($"onnx/, onnx-int{bits}/"));

        var heard = new Heard();
        var again = PrunePipeline.Run(settings, OnnxServing.Cpu, heard, default).Summary;
        Assert.That(again.Quantized, Is.EqualTo(found));
        Assert.That(heard.Stages, Is.Empty, "nothing is done again");
        Assert.That(PrunePipeline.Run(settings with { Memory = 1 << 20 }, OnnxServing.Cpu, NoProgress.Instance, default).Summary.Quantized!.Perplexity,
            Is.Null);
    }
}
