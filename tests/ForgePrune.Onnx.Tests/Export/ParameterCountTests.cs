using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Quantization;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>Parameters as the tool counts them are those that its files hold.</summary>
public sealed class ParameterCountTests
{
    [Test]
    public void Every_count_is_that_of_the_written_files(
        [Values("llama", "qwen2", "qwen3")] string family, [Values] bool tied, [Values] bool added, [Values] bool pruned)
    {
        var config = SyntheticModels.Config(layers: 4, hidden: 32, headDim: 16) with
        {
            Family = family,
            TiedEmbeddings = tied,
            QkvBias = family == "qwen2",
            QkNorm = family == "qwen3",
            OutputBias = added,
            DownBias = added,
            GateUpBias = added && family == "llama",
        };
        if (pruned)
            config = config with { Layers = [new(2, 4, 20), new(0, 0, 12), new(1, 2, 0), new(0, 0, 0)] };
        using var model = SyntheticModels.Random(config, seed: 3);
        using var folder = new TemporaryFolder();
        CheckpointWriter.Write(model, folder["safetensors"]);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var total = ModelSize.Of(config).Total;
        Assert.That(WrittenTensors.Safetensors(folder["safetensors"]), Is.EqualTo(total));
        Assert.That(WrittenTensors.Onnx(folder["onnx/model.onnx"]), Is.EqualTo(total));
        Assert.That(TensorLayout.Of(config).Sum(tensor => tensor.Elements), Is.EqualTo(total));
        Assert.That(new ParameterCost(config).Of(new Plan(config.Layers)), Is.EqualTo(total));
        Assert.That(new ByteCost(config).Of(new Plan(config.Layers)), Is.EqualTo(4.0 * total));
        using var read = DecoderModel.Open(folder["safetensors"]);
        Assert.That(read.ContentHash, Is.EqualTo(model.ContentHash));
    }
}
