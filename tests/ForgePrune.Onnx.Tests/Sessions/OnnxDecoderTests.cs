using System.Diagnostics;
using System.Runtime.InteropServices;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Sessions;

public sealed class OnnxDecoderTests
{
    [Test]
    public void A_missing_model_is_named() =>
        Assert.That(() => OnnxDecoder.Open("/nowhere/model.onnx", 1), Throws.TypeOf<BadInputException>().With.Message.Contains("/nowhere/model.onnx"));

    [Test]
    public void A_file_that_is_no_model_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.onnx"], "not a model");
        Assert.That(() => OnnxDecoder.Open(folder.Path, 1), Throws.TypeOf<BadInputException>().With.Message.Contains("cannot load"));
        Assert.That(() => GenAiDecoder.Open(folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains("cannot load"));
    }

    [Test]
    public void An_id_outside_the_vocabulary_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        Assert.That(() => decoder.Logits([1, 64]), Throws.TypeOf<BadInputException>().With.Message.Contains("token id 64"));
    }

    [Test]
    public void Onnxruntime_node_computes_the_same_logits()
    {
        Shared.Restored("tests/node/node_modules/onnxruntime-node");
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 2);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var ids = OnnxExporterTests.Ids(9, model.Config.VocabSize);
        string[] arguments = [Path.Combine(Shared.Root, "tests/node/logits.mjs"), folder["onnx"], .. ids.Select(id => id.ToString())];
        using var node = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true })!;
        var bytes = Convert.FromBase64String(node.StandardOutput.ReadToEnd());
        node.WaitForExit();
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        // The promise made of every client; both compute in float32 with kernels of their own release.
        Assert.That(OnnxExporterTests.Difference([.. MemoryMarshal.Cast<byte, float>(bytes)], decoder.Logits(ids)), Is.LessThan(1e-4));
    }

    [Test]
    public void GenAI_reads_a_converted_llama2c_table()
    {
        var path = Shared.File("models/stories260K/stories260K.bin");
        using var folder = new TemporaryFolder();
        using var model = DecoderModel.Open(path);
        OnnxExporter.Write(model, folder["onnx"], model.Tokenizer);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        var tokenizer = ForgePrune.Checkpoints.TokenizerReader.LoadLlama2C(model.Tokenizer!.Path, model.Tokenizer.Offset, model.Tokenizer.Length,
            model.Config.VocabSize);
        foreach (var text in (string[])["Once upon a time, there was a little girl.", "Tim said: \"Hello\"!", "caf\u00e9 \u4f60"])
            Assert.That(genAi.Encode(text), Is.EqualTo(tokenizer.Encode(text, addSpecial: false)), text);
    }
}
