using System.Runtime.InteropServices;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export.Written;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Export.Narrow;

/// <summary>Exports in bfloat16, which ONNX Runtime's CPU provider does not run. That their types fit is judged by its type inference, which comes before it
/// looks for code; what they compute, by the same graph with every bfloat16 widened.</summary>
public sealed class BFloat16Tests
{
    /// <summary>Weights are off by 2^-9 of their value, of random sign: some roundings' worth in a logit.</summary>
    private const double Tolerance = 20 * 2e-3;

    private static readonly OnnxExportOptions BF16 = new() { Float = OnnxFloat.BF16 };

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void Widened_it_computes_what_float32_computes_with_rounded_weights(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        OnnxExporter.Write(model, folder["wide"], tokenizer: null);
        OnnxExporter.Write(model, folder["narrow"], tokenizer: null, options: BF16);
        Assert.That(OnnxRules.Breaches(OnnxFile.Read(folder["narrow/model.onnx"]), folder["narrow"]), Is.Empty);
        EditedModel wide = EditedModel.Read(folder["wide/model.onnx"]), narrow = EditedModel.Read(folder["narrow/model.onnx"]);
        Assert.That(narrow.Initializers(OnnxType.Float), Is.Empty);
        wide.Retype(OnnxType.Float, OnnxType.Float, (_, bytes) => MemoryMarshal.AsBytes(
            MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(Rounded).ToArray().AsSpan()).ToArray());
        narrow.Retype(OnnxType.BFloat16, OnnxType.Float, (_, bytes) => MemoryMarshal.AsBytes(
            MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(Widened).ToArray().AsSpan()).ToArray());
        folder.Write("wide.onnx", wide.ToBytes());
        folder.Write("narrow.onnx", narrow.ToBytes());
        var ids = OnnxExporterTests.Ids(24, config.VocabSize);
        using OnnxDecoder rounded = OnnxDecoder.Open(folder["wide.onnx"], 1), widened = OnnxDecoder.Open(folder["narrow.onnx"], 1);
        Assert.That(widened.Logits(ids), Is.EqualTo(rounded.Logits(ids)));
        Assert.That(OnnxExporterTests.Difference(widened.Logits(ids), ReferenceModel.Logits(model, ids)), Is.LessThan(Tolerance));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void The_runtime_finds_its_types_right_and_says_that_it_has_no_code(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 2);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, options: BF16);
        // A graph whose types do not fit is refused before, as INVALID_GRAPH or for its types.
        Assert.That(() => OnnxDecoder.Open(folder["onnx"], 1), Throws.TypeOf<BadInputException>().With.Message.Contains("NotImplemented"));
    }

    private static float Widened(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>To nearest even, by comparing with both neighbors.</summary>
    private static float Rounded(float value)
    {
        var upper = BitConverter.SingleToUInt32Bits(value) >> 16;
        float below = Widened((ushort)upper), above = Widened((ushort)(upper + 1));
        double under = Math.Abs((double)value - below), over = Math.Abs((double)above - value);
        return under < over || (under == over && (upper & 1) == 0) ? below : above;
    }
}
