using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Quantization;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Model;

public sealed class WeightStorageTests
{
    // Widths that are no whole blocks, and blocks that are gone.
    private static readonly ModelConfig Config = SyntheticModels.Config() with { QkvBias = true, Layers = [new(2, 4, 44), new(0, 0, 20), new(1, 2, 0)] };

    [Test]
    public void Quantised_weights_take_the_bytes_that_are_written([Values(4, 8)] int bits)
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        var format = new QuantizationFormat(bits, 32, symmetric: true);
        var (layers, bytes) = (new RoundedLayers(format, threads: 1), 0L);
        for (var layer = 0; layer < Config.Layers.Count; layer++)
        {
            var quantized = layers.Quantize(layer, model.ReadLayer(layer));
            foreach (var matrix in new[] { quantized.Attention?.Query, quantized.Attention?.Key, quantized.Attention?.Value, quantized.Attention?.Output,
                quantized.Mlp?.Gate, quantized.Mlp?.Up, quantized.Mlp?.Down })
            {
                if (matrix is not null)
                    bytes += PackedCodes.Weights(matrix).Length + (matrix.Scales.Length * sizeof(float));
            }
        }

        Assert.That(WeightStorage.Quantized(Config, format), Is.EqualTo(bytes + Others(model)));
    }

    [Test]
    public void Sparse_weights_take_those_that_stay_and_a_bit_for_each()
    {
        using var model = SyntheticModels.Random(Config, seed: 1);
        var size = ModelSize.Of(Config);
        Assert.That(WeightStorage.Kept(model), Is.EqualTo(size.Prunable));
        Assert.That(WeightStorage.Sparse(Config, size.Prunable), Is.EqualTo(WeightStorage.Dense(Config) + (size.Prunable / 8)));
        model.ReadLayer(0).Mlp!.Down.Values.AsSpan(0, 10).Clear();
        Assert.That(WeightStorage.Kept(model), Is.EqualTo(size.Prunable - 10));
        Assert.That(WeightStorage.Dense(Config), Is.EqualTo(ModelTensors.Read(model).Sum(tensor => tensor.Values.LongLength * sizeof(float))));
    }

    private static long Others(IDecoderModel model) =>
        ModelTensors.Read(model).Where(tensor => tensor.Spec.Layer < 0 || tensor.Spec.IsVector).Sum(tensor => tensor.Values.LongLength * sizeof(float));
}
