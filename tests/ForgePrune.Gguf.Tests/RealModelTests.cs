using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests;

/// <summary>Published models in llama.cpp against their ONNX exports in ONNX Runtime.</summary>
[Category("Slow")]
public sealed class RealModelTests
{
    private static readonly string[] Names = ["models/stories15M-hf-f16", "models/minimind2-small-hf-f16"];

    [TestCaseSource(nameof(Names))]
    public void A_dense_model_runs(string name)
    {
        using var model = DecoderModel.Open(Shared.File(name));
        using var folder = new TemporaryFolder();
        Assert.That(GgufExporter.Write(model, folder["gguf"], model.Tokenizer).Architecture, Is.EqualTo("llama"));
        Agreement.RequireOnnx(model, folder["gguf"], folder["onnx"]);
    }

    [TestCaseSource(nameof(Names))]
    public void A_model_with_holes_runs(string name)
    {
        using var dense = DecoderModel.Open(Shared.File(name));
        using var model = WithHoles(dense);
        using var folder = new TemporaryFolder();
        Assert.That(GgufExporter.Write(model, folder["gguf"], dense.Tokenizer).Architecture, Is.EqualTo("deci"));
        Agreement.RequireOnnx(model, folder["gguf"], folder["onnx"]);
    }

    [Test]
    public void A_llama2_c_model_runs()
    {
        using var model = DecoderModel.Open(Shared.File("models/stories260K/stories260K.bin"));
        using var folder = new TemporaryFolder();
        GgufExporter.Write(model, folder["gguf"], model.Tokenizer);
        Agreement.RequireOnnx(model, folder["gguf"], folder["onnx"]);
    }

    /// <summary>The model without the attention of layer 0, the MLPs of layer 1 and of the last, all of layer 3, and most channels of layer 2.</summary>
    private static InMemoryModel WithHoles(IDecoderModel dense)
    {
        const int kept = 100;
        var shapes = dense.Config.Layers.ToArray();
        var last = shapes.Length - 1;
        shapes[0] = shapes[0] with { KvHeads = 0, QueryHeads = 0 };
        shapes[1] = shapes[1] with { Ffn = 0 };
        shapes[2] = shapes[2] with { Ffn = kept };
        shapes[3] = default;
        shapes[last] = shapes[last] with { Ffn = 0 };
        return new(dense.Config with { Layers = shapes }, Layer, dense.ReadEmbedding(), dense.ReadFinalNorm(), null);

        LayerWeights Layer(int index)
        {
            var layer = dense.ReadLayer(index);
            return layer with
            {
                Attention = shapes[index].HasAttention ? layer.Attention : null,
                Mlp = !shapes[index].HasMlp ? null : index != 2 ? layer.Mlp : new()
                {
                    Gate = Rows(layer.Mlp!.Gate),
                    Up = Rows(layer.Mlp.Up),
                    Down = new(layer.Mlp.Down.Rows, kept,
                        [.. Enumerable.Range(0, layer.Mlp.Down.Rows).SelectMany(row => layer.Mlp.Down.Row(row)[..kept].ToArray())]),
                },
            };
        }

        static Matrix Rows(Matrix all) => new(kept, all.Cols, all.Values[..(kept * all.Cols)]);
    }
}
