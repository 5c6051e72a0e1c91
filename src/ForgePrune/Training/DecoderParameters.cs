using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The weights of a model in one flat float32 array.</summary>
public sealed class DecoderParameters : ITrainedWeights
{
    /// <summary>Copies the weights of a model, one layer at a time.</summary>
    /// <exception cref="Errors.BadInputException">The model has more parameters than one array holds.</exception>
    public DecoderParameters(IDecoderModel model)
    {
        Layout = new ParameterLayout(model.Config);
        Values = LargeArray.Uninitialized<float>(Layout.Count);
        foreach (var (tensor, values) in ModelTensors.Read(model))
        {
            values.CopyTo(Layout.Of(Values, tensor.Role, tensor.Layer));
            LargeArrays.Settle();
        }
    }

    /// <param name="layout">The layout of the values.</param>
    /// <param name="values">The weights, layout.Count values; kept, not copied.</param>
    internal DecoderParameters(ParameterLayout layout, float[] values) => (Layout, Values) = (layout, values);

    /// <summary>The weights that remain after a cut.</summary>
    internal DecoderParameters(ParameterGather cut, float[] values)
        : this(cut.Layout, cut.Apply(values))
    {
    }

    /// <summary>The layout of <see cref="Values"/>.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The weights, Layout.Count values.</summary>
    public float[] Values { get; }

    /// <summary>The model with the present weights. Layers are copied when they are read.</summary>
    public IDecoderModel ToModel()
    {
        var config = Layout.Config;
        return new InMemoryModel(
            config, layer =>
                LayerTensors.Build(config, layer, tensor => Copy(tensor.Role, layer)), () => Table(TensorRole.Embedding), Copy(TensorRole.FinalNorm, -1),
            config.TiedEmbeddings ? null : () => Table(TensorRole.Head));
    }

    ModelConfig IPassWeights.Config => Layout.Config;

    ReadOnlySpan<float> IPassWeights.Of(TensorRole role, int layer, ParameterPart part) => Layout.Of(Values, role, layer, part);

    private Matrix Table(TensorRole role) => new(Layout.Config.VocabSize, Layout.Config.HiddenSize, Copy(role, -1));

    private float[] Copy(TensorRole role, int layer)
    {
        var values = Layout.Of(Values, role, layer).ToArray();
        return role.IsNorm() ? NormForm.Settled(Layout.Config, values) : values;
    }
}
