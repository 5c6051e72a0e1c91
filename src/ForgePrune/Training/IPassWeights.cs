using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The weights that a pass over a model reads.</summary>
internal interface IPassWeights
{
    /// <summary>The shape of the model.</summary>
    ModelConfig Config { get; }

    /// <summary>The values of a tensor, or of what is trained beside it; empty where there are none. Valid until another layer is asked for.</summary>
    ReadOnlySpan<float> Of(TensorRole role, int layer = -1, ParameterPart part = ParameterPart.Whole);

    /// <summary>The output head, which is the embedding where they are tied.</summary>
    ReadOnlySpan<float> Head() => Of(Config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head);
}

/// <summary>Weights of which some are trained.</summary>
internal interface ITrainedWeights : IPassWeights
{
    /// <summary>The layout of <see cref="Values"/>.</summary>
    ParameterLayout Layout { get; }

    /// <summary>What is trained, Layout.Count values.</summary>
    float[] Values { get; }

    /// <summary>The model with the present weights. Layers are computed when they are read.</summary>
    IDecoderModel ToModel();
}

/// <summary>Where the gradients of a pass are added up.</summary>
internal readonly record struct PassGradients(ParameterLayout Layout, float[] Values)
{
    /// <summary>Empty for what is not trained.</summary>
    public Span<float> Of(TensorRole role, int layer = -1, ParameterPart part = ParameterPart.Whole) => Layout.Of(Values, role, layer, part);
}
