using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Checkpoints;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Shapes;

/// <summary>Blocks with the head widths and groups of published models, from calibration to the compacted block.</summary>
public sealed class RealBlockTests
{
    private const int Seed = 71, Window = 32, Windows = 16;

    // Float32 sums in another order differ by about 1e-6 of the scale per block; a wrongly gathered row differs by 1e-2 and more.
    private const double Tolerance = 1e-5;

    private const long Largest = 10_000_000_000;

    private static IEnumerable<string> Names => RealShapes.Dense.Where(name => RealShapes.Parameters[name] < Largest);

    private static IEnumerable<TestCaseData> Blocks() =>
    [
        .. Names.Select(name => new TestCaseData(name, 16).SetArgDisplayNames(name)),
        new TestCaseData("SmolLM2-135M", 1).SetArgDisplayNames("SmolLM2-135M, whole"),
    ];

    [TestCaseSource(nameof(Blocks))]
    public void A_block_is_calibrated_ordered_refitted_and_compacted(string name, int divisor)
    {
        var config = RealShapes.Block(name, divisor);
        var (full, random) = (config.Layers[0], new Random(Seed));
        using var dense = SyntheticModels.Random(config, Seed);
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["grams"]);
        Directory.CreateDirectory(folder["levels"]);
        var text = new TokenWindows(Window, [.. Enumerable.Range(0, Windows * Window).Select(_ => random.Next(config.VocabSize))]);
        using var runner = new OrtBlockRunner(config, threads: 1);
        var grams = new GramFolder(folder["grams"], Calibrator.Source(dense, text));
        Calibrator.Run(dense, runner, text, grams.Path, new CpuDevice(1));
        var levels = LevelBuilder.Run(dense, grams, new LevelOptions(), folder["levels"], new CpuDevice(1));
        var losses = levels.Layers[0].Mlp!.Losses;
        Assert.That(losses, Is.Ordered.Descending);
        Assert.That((losses.Count, losses[^1]), Is.EqualTo((full.Ffn + 1, 0.0)));

        var heads = config.QkNormAcrossHeads ? full.QueryHeads : full.KvHeads == 1 ? Math.Max(1, full.QueryHeads / 2) : full.QueriesPerGroup;
        LayerShape half = new(config.QkNormAcrossHeads ? full.KvHeads : 1, heads, full.Ffn / 2);
        using var refitted = CompactModel.Build(dense, new Plan([half]), LevelSource.Refitting(dense, levels, grams, 1 << 28, new CpuDevice(1)));
        float[] Stream(IDecoderModel model) => DecoderForward.Run(model, runner, text).Values;
        float[] exact = Stream(dense), masked = Stream(MaskedModel.Build(dense, refitted, levels)), compact = Stream(refitted);
        Assert.That(compact, Is.EqualTo(masked).Within(Tolerance * masked.Max(Math.Abs)));
        // Least squares on the very text: what it leaves of the MLP's error is no more than what gathering leaves. Attention is whole here.
        LayerShape whole = full with { Ffn = full.Ffn / 2 };
        using var fitted = CompactModel.Build(dense, new Plan([whole]), LevelSource.Refitting(dense, levels, grams, 1 << 28, new CpuDevice(1)));
        using var cut = CompactModel.Build(dense, new Plan([whole]), LevelSource.Gathering(dense, levels, 1 << 28));
        Assert.That(Error(Stream(fitted)), Is.Positive.And.LessThan(config.NormsBehind ? 1.02 * Error(Stream(cut)) : Error(Stream(cut))));

        double Error(float[] found) => found.Zip(exact, (a, b) => Math.Pow(a - b, 2)).Sum();
    }

    [TestCaseSource(nameof(Names))]
    public void Its_export_computes_what_the_block_does(string name)
    {
        var (config, random) = (RealShapes.Block(name, 16), new Random(Seed));
        using var model = SyntheticModels.Random(config, Seed);
        using var folder = new TemporaryFolder();
        int[] ids = [.. Enumerable.Range(0, 9).Select(_ => random.Next(config.VocabSize))];
        using var runner = new OrtBlockRunner(config, threads: 1);
        var x = DecoderForward.Run(model, runner, new TokenWindows(ids.Length, ids));
        var expected = runner.Logits(model.ReadFinalNorm(), model.ReadHead(), x, [.. Enumerable.Range(0, ids.Length)]);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        Assert.That(Judged.Distance(decoder.Logits(ids), Array.ConvertAll(expected, value => (double)value)), Is.LessThan(Judged.Tolerance));
    }
}
