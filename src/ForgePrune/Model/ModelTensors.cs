namespace ForgePrune.Model;

/// <summary>Walks the values of a model along <see cref="TensorLayout"/>.</summary>
internal static class ModelTensors
{
    /// <summary>Every tensor with its values, one layer resident at a time.</summary>
    /// <exception cref="InvalidOperationException">A tensor of the model does not have the shape that its config calls for.</exception>
    public static IEnumerable<(TensorSpec Spec, float[] Values)> Read(IDecoderModel model)
    {
        LayerWeights? layer = null;
        int loaded = -1;
        foreach (TensorSpec spec in TensorLayout.Of(model.Config))
        {
            if (spec.Layer >= 0 && spec.Layer != loaded)
            {
                layer = null;
                layer = model.ReadLayer(spec.Layer);
                loaded = spec.Layer;
            }

            yield return (spec, Checked(spec, spec.Role switch
            {
                TensorRole.Embedding => model.ReadEmbedding().Values,
                TensorRole.FinalNorm => model.ReadFinalNorm(),
                TensorRole.Head => model.ReadHead().Values,
                _ => LayerTensors.Values(layer!, spec.Role),
            }));
        }
    }

    private static float[] Checked(TensorSpec spec, float[]? values) =>
        values?.LongLength == spec.Elements
            ? values
            : throw new InvalidOperationException(
                $"{spec.Role} of layer {spec.Layer} has {values?.LongLength.ToString() ?? "no"} values, its config calls for {spec.Elements}");
}
