using ForgePrune.Model;

namespace ForgePrune.Testing.Reference;

/// <summary>The reference for models that ForgePrune holds: from here on its configs and names are taken at their word.</summary>
public static class ReferenceModel
{
    private static readonly TensorNames Names = TensorNames.Common.Bare;

    public static string NameOf(TensorSpec spec) => Names[spec];

    public static ReferenceBlocks Blocks(ModelConfig config)
    {
        var frequencies = ReferenceBlocks.Frequencies(config.RopeTheta, config.HeadDim);
        return new(config.HeadDim, config.RmsNormEps, config.RopeScaling is not { } rope ? frequencies
            : [.. frequencies.Select(value => ReferenceBlocks.Llama3(value, rope.Factor, rope.LowFreqFactor, rope.HighFreqFactor, rope.OriginalMaxPositions))]);
    }

    public static ReferenceDecoder Decoder(ModelConfig config)
    {
        var blocks = Blocks(config);
        return new(config.TiedEmbeddings, [.. config.Layers.Select(layer => new ReferenceLayer(layer.KvHeads, layer.QueryHeads, layer.HasMlp, blocks))],
            blocks);
    }

    /// <summary>Logits (ids × vocab) of one window.</summary>
    public static float[] Logits(IDecoderModel model, int[] ids)
    {
        var tensors = ModelTensors.Read(model).ToDictionary(tensor => NameOf(tensor.Spec), tensor => Wide(tensor.Values));
        return Array.ConvertAll(Decoder(model.Config).Logits(ids, ids.Length, tensors.GetValueOrDefault), value => (float)value);
    }

    public static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
