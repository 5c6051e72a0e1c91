using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The layout of everything that is trained in one flat array, in the order of the tensors: embedding, layers, final norm, head. Weights, gradients
/// and moments share it, so an update is one pass over the arrays, and a saved state one write.</summary>
public sealed class ParameterLayout
{
    private readonly Dictionary<(TensorRole Role, int Layer, ParameterPart Part), (int Start, int Length)> places = [];

    /// <summary>The layout of all tensors of a config.</summary>
    /// <exception cref="Errors.BadInputException">The model has more parameters than one array holds, or experts.</exception>
    public ParameterLayout(ModelConfig config)
        : this(config, RecoveryScope.All)
    {
    }

    /// <summary>The layout of what a scope trains.</summary>
    /// <exception cref="Errors.BadInputException">There are more parameters than one array holds, or the model has experts.</exception>
    internal ParameterLayout(ModelConfig config, RecoveryScope scope)
    {
        (Config, Scope) = (config, scope);
        if (config.HasExperts)
            throw RecoveryErrors.Experts();
        Parameters = [.. ParameterSpec.Of(config, scope)];
        var total = Parameters.Sum(parameter => parameter.Elements);
        if (total > Array.MaxLength)
            throw RecoveryErrors.TooManyParameters(total, Array.MaxLength);
        foreach (var parameter in Parameters)
        {
            places.Add((parameter.Tensor.Role, parameter.Tensor.Layer, parameter.Part), (Count, (int)parameter.Elements));
            Count += (int)parameter.Elements;
        }
    }

    /// <summary>The shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>What is trained.</summary>
    internal RecoveryScope Scope { get; }

    /// <summary>What is trained, in the order of the array.</summary>
    internal IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>The tensors that are trained as they are, in the order of the array.</summary>
    internal IEnumerable<TensorSpec> Tensors => Parameters.Where(parameter => parameter.Part == ParameterPart.Whole).Select(parameter => parameter.Tensor);

    /// <summary>The number of values of all tensors.</summary>
    public int Count { get; }

    /// <summary>The part of one tensor; empty where the model has no such tensor.</summary>
    public Span<float> Of(float[] values, TensorRole role, int layer = -1) => Of(values, role, layer, ParameterPart.Whole);

    /// <summary>The part of the output head, which is that of the embedding where they are tied.</summary>
    public Span<float> Head(float[] values) => Of(values, Config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head);

    /// <summary>Parameters of one tensor; empty where there are none, or where they are not trained.</summary>
    internal Span<float> Of(float[] values, TensorRole role, int layer, ParameterPart part) =>
        places.TryGetValue((role, layer, part), out var place) ? values.AsSpan(place.Start, place.Length) : [];

    /// <summary>The values of one of <see cref="Parameters"/>.</summary>
    internal Span<float> Of(float[] values, ParameterSpec parameter) => Of(values, parameter.Tensor.Role, parameter.Tensor.Layer, parameter.Part);
}
