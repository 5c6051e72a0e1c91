using ForgePrune.Kernels;

namespace ForgePrune.Model;

/// <summary>Bytes that a model's weights take in float32, in codes, or with zeros left out; embedding, head, norms and biases are float32 in all of
/// them.</summary>
internal static class WeightStorage
{
    public static long Dense(ModelConfig config) => ModelSize.Of(config).Total * sizeof(float);

    /// <summary>Projections as codes in whole blocks with a float32 scale each, symmetric.</summary>
    public static long Quantized(ModelConfig config, QuantizationFormat format)
    {
        var block = (format.Block * format.Bits / 8) + sizeof(float);
        return Rest(config) + Projections(config).Sum(matrix => (long)matrix.Rows * format.Blocks(matrix.Cols) * block);
    }

    /// <summary>Projections as the float32 weights that are not zero, and one bit for each weight that says where they are; for 2 of 4 this is the
    /// two bits of a kept weight's place.</summary>
    /// <param name="kept">Weights of all projections that are not zero.</param>
    public static long Sparse(ModelConfig config, long kept) =>
        Rest(config) + (kept * sizeof(float)) + Projections(config).Sum(matrix => (matrix.Elements + 7) / 8);

    /// <summary>Weights of a model's projections that are not zero.</summary>
    public static long Kept(IDecoderModel model) =>
        ModelTensors.Read(model).Where(tensor => IsProjection(tensor.Spec)).Sum(tensor => tensor.Values.LongCount(value => value != 0));

    private static long Rest(ModelConfig config)
    {
        var size = ModelSize.Of(config);
        return (size.Total - size.Prunable) * sizeof(float);
    }

    private static IEnumerable<TensorSpec> Projections(ModelConfig config) => TensorLayout.Of(config).Where(IsProjection);

    private static bool IsProjection(TensorSpec spec) => spec.Layer >= 0 && !spec.IsVector;
}
