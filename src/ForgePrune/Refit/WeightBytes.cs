using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Memory of float32 weights; norms and biases are too small to count.</summary>
internal static class WeightBytes
{
    public static long Of(LayerWeights layer) =>
        (layer.Attention is null ? 0 : Of(layer.Attention)) + (layer.Mlp is null ? 0 : Of(layer.Mlp));

    public static long Of(AttentionWeights block) => Of(block.Query) + Of(block.Key) + Of(block.Value) + Of(block.Output);

    public static long Of(MlpWeights block) => Of(block.Gate) + Of(block.Up) + Of(block.Down);

    private static long Of(Matrix matrix) => 4L * matrix.Values.Length;
}
