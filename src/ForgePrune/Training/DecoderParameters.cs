using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The weights of a model in one flat float32 array.</summary>
public sealed class DecoderParameters
{
    /// <summary>Copies a model, one layer resident at a time.</summary>
    public DecoderParameters(IDecoderModel model)
    {
        Layout = new ParameterLayout(model.Config);
        Values = LargeArray.Uninitialized<float>(Layout.Count);
        foreach (var (tensor, values) in ModelTensors.Read(model))
            values.CopyTo(Layout.Of(Values, tensor.Role, tensor.Layer));
    }

    /// <param name="values">By the layout; kept, not copied.</param>
    internal DecoderParameters(ParameterLayout layout, float[] values) => (Layout, Values) = (layout, values);

    /// <summary>What a cut leaves of weights.</summary>
    public DecoderParameters(ParameterGather cut, float[] values)
        : this(cut.Layout, cut.Apply(values))
    {
    }

    public ParameterLayout Layout { get; }

    public float[] Values { get; }

    /// <summary>The model with these weights as they are now. Layers are copied when they are read.</summary>
    public IDecoderModel ToModel()
    {
        var config = Layout.Config;
        return new InMemoryModel(
            config, layer => LayerTensors.Build(config, layer, tensor => Copy(tensor.Role, layer)), () => Table(TensorRole.Embedding), Copy(TensorRole.FinalNorm, -1),
            config.TiedEmbeddings ? null : () => Table(TensorRole.Head));
    }

    private Matrix Table(TensorRole role) => new(Layout.Config.VocabSize, Layout.Config.HiddenSize, Copy(role, -1));

    private float[] Copy(TensorRole role, int layer) => Layout.Of(Values, role, layer).ToArray();
}
