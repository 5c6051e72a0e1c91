using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Tests.Checkpoints;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Weights of two bytes on their way from a checkpoint to blocks that compute in two bytes.</summary>
public sealed class StoredWeightsTests
{
    private const int Seed = 20264;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 3, headDim: 16);

    /// <summary>Of any family and type, with fused projections and without.</summary>
    [Test]
    public void Layers_of_any_checkpoint_as_stored_are_those_that_are_read()
    {
        var narrow = 0;
        for (var seed = 1; seed <= 8; seed++)
        {
            using var folder = new TemporaryFolder();
            RandomCheckpoint.Write(seed, folder["model"]);
            using var model = DecoderModel.Open(folder["model"]);
            for (var index = 0; index < model.Config.Layers.Count; index++)
            {
                var (read, stored) = (model.ReadLayer(index), ((IDecoderModel)model).ReadStored(index));
                foreach (var (expected, matrix) in Matrices(read).Zip(Matrices(stored), (one, other) => (one.Matrix, other.Matrix)))
                {
                    narrow += matrix.Narrow is null ? 0 : 1;
                    Assert.That(matrix.Values, Is.EqualTo(expected.Values), $"seed {seed}, layer {index}");
                }
            }
        }

        Assert.That(narrow, Is.GreaterThan(10));
    }

    [TestCase("F16")]
    [TestCase("BF16")]
    public void Layers_as_stored_are_those_that_are_read(string type)
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, type, Config);
        for (var index = 0; index < Config.Layers.Count; index++)
        {
            var (read, stored) = (model.ReadLayer(index), ((IDecoderModel)model).ReadStored(index));
            foreach (var (name, expected, matrix) in Matrices(read).Zip(Matrices(stored), (one, other) => (one.Name, one.Matrix, other.Matrix)))
            {
                Assert.That(matrix.Narrow?.IsBFloat16, Is.EqualTo(type == "BF16"), name);
                Assert.That(matrix.Values, Is.EqualTo(expected.Values), name);
                Assert.That(matrix.Narrow, Is.Null, "float32 counts from now on: it may be written to");
            }

            Assert.That(stored.MlpNorm, Is.EqualTo(read.MlpNorm));
        }
    }

    [TestCase("F16", true)]
    [TestCase("BF16", true)]
    [TestCase("F32", false)]
    public void Blocks_take_them_without_widening_and_give_the_same(string type, bool narrow)
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, type, Config);
        var windows = new TokenWindows(5, [.. Enumerable.Range(0, 10)]);
        using var runner = new OrtBlockRunner(Config, threads: 1, place: NarrowBlockTests.Half);
        var stored = ((IDecoderModel)model).ReadStored(0);
        var x = DecoderForward.Embed(model, windows);
        var taken = DecoderForward.Layer(stored, runner, x).Values;
        Assert.That(Matrices(stored).Select(matrix => matrix.Matrix.Narrow is not null), Is.All.EqualTo(narrow));
        Assert.That(taken, Is.EqualTo(DecoderForward.Layer(model.ReadLayer(0), runner, x).Values));
    }

    [Test]
    public void Layers_come_in_turn_and_read_ahead_only_for_blocks_that_take_them()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, "F16", Config);
        using var half = new OrtBlockRunner(Config, threads: 1, place: NarrowBlockTests.Half);
        using var single = new OrtBlockRunner(Config, threads: 1);
        foreach (var (runner, narrow) in new[] { ((IBlockRunner)half, true), (single, false) })
        {
            // In order, again, backwards, and left before the end.
            foreach (int[] order in (int[][])[[0, 1, 2], [1, 1, 0], [2], [0]])
            {
                using var layers = new LayerReader(model, runner, Config.Layers.Count);
                foreach (var index in order)
                {
                    var weights = layers.Read(index);
                    Assert.That(weights.Mlp!.Down.Narrow is not null, Is.EqualTo(narrow));
                    Assert.That(weights.Mlp.Down.Values, Is.EqualTo(model.ReadLayer(index).Mlp!.Down.Values));
                }
            }
        }
    }

    [Test]
    public void Values_are_widened_once()
    {
        var matrix = new Matrix(1, 3, new NarrowValues(IsBFloat16: false, [0x3C00, 0xC000, 0x7BFF]));
        Assert.That(matrix.Values, Is.EqualTo(new[] { 1f, -2f, 65504f }));
        matrix.Values[0] = 5;
        Assert.That((matrix.Row(0)[0], matrix.Narrow), Is.EqualTo((5f, (NarrowValues?)null)));
        Assert.That(() => new Matrix(2, 3, new NarrowValues(false, [1])), Throws.ArgumentException);
        Assert.That(new Matrix(0, 3, new NarrowValues(true, [])).Values, Is.Empty);
    }

    internal static CheckpointModel Open(TemporaryFolder folder, string type, ModelConfig config)
    {
        using var made = SyntheticModels.Random(config, Seed);
        SyntheticCheckpoint.Write(made, folder["model"]);
        var file = Path.Combine(folder["model"], "model.safetensors");
        RawWriter.Write(file, [.. RawTensors.Read(folder["model"]).Select(tensor => (tensor.Key, tensor.Value.Shape, tensor.Value.Values, type))]);
        return DecoderModel.Open(folder["model"]);
    }

    private static IEnumerable<(string Name, Matrix Matrix)> Matrices(LayerWeights layer) =>
    [
        .. layer.Attention is { } attention ? ((string, Matrix)[])
            [("query", attention.Query), ("key", attention.Key), ("value", attention.Value), ("output", attention.Output)] : [],
        .. layer.Mlp is { } mlp ? ((string, Matrix)[])[("gate", mlp.Gate), ("up", mlp.Up), ("down", mlp.Down)] : [],
    ];
}
