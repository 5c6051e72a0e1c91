namespace ForgePrune.Model;

/// <summary>The values of a model's tensors, one layer resident at a time.</summary>
internal sealed class ModelTensors(IDecoderModel model)
{
    private LayerWeights? layer;
    private int loaded = -1;

    /// <summary>Every tensor with its values, along <see cref="TensorLayout"/>.</summary>
    /// <exception cref="InvalidOperationException">A tensor of the model does not have the shape that its config calls for.</exception>
    public static IEnumerable<(TensorSpec Spec, float[] Values)> Read(IDecoderModel model)
    {
        var tensors = new ModelTensors(model);
        foreach (TensorSpec spec in TensorLayout.Of(model.Config))
            yield return (spec, tensors.Of(spec));
    }

    /// <summary>The values of one tensor. Cheap where it belongs to the layer that was asked for last.</summary>
    /// <exception cref="InvalidOperationException">The tensor does not have the shape that the config calls for.</exception>
    public float[] Of(TensorSpec spec)
    {
        if (spec.Layer >= 0 && spec.Layer != loaded)
        {
            layer = null;
            layer = model.ReadLayer(spec.Layer);
            loaded = spec.Layer;
        }

        return Checked(spec, spec.Role switch
        {
            TensorRole.Embedding => model.ReadEmbedding().Values,
            TensorRole.FinalNorm => model.ReadFinalNorm(),
            TensorRole.Head => model.ReadHead().Values,
            _ => LayerTensors.Values(layer!, spec),
        });
    }

    private static float[] Checked(TensorSpec spec, float[]? values) =>
        values?.LongLength == spec.Elements
            ? values
            : throw new InvalidOperationException(
                $"{spec.Role} of layer {spec.Layer} has {values?.LongLength.ToString() ?? "no"} values, its config calls for {spec.Elements}");
}
