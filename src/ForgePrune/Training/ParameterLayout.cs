using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The layout of all tensors of a model in one flat array: embedding, layers, final norm, head. Weights, gradients and moments share it,
/// so an update is one pass over the arrays, and a saved state one write.</summary>
public sealed class ParameterLayout
{
    private readonly Dictionary<(TensorRole Role, int Layer), (int Start, int Length)> places = [];

    /// <summary>The layout of a config.</summary>
    /// <exception cref="Errors.BadInputException">The model has more parameters than one array holds.</exception>
    public ParameterLayout(ModelConfig config)
    {
        Config = config;
        Tensors = [.. TensorLayout.Of(config)];
        var total = Tensors.Sum(tensor => tensor.Elements);
        if (total > Array.MaxLength)
            throw RecoveryErrors.TooManyParameters(total, Array.MaxLength);
        foreach (var tensor in Tensors)
        {
            places.Add((tensor.Role, tensor.Layer), (Count, (int)tensor.Elements));
            Count += (int)tensor.Elements;
        }
    }

    /// <summary>The shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>The tensors in the order of the array.</summary>
    internal IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>The number of values of all tensors.</summary>
    public int Count { get; }

    /// <summary>The part of one tensor; empty where the model has no such tensor.</summary>
    public Span<float> Of(float[] values, TensorRole role, int layer = -1) =>
        places.TryGetValue((role, layer), out var place) ? values.AsSpan(place.Start, place.Length) : [];

    /// <summary>The part of the output head, which is that of the embedding where they are tied.</summary>
    public Span<float> Head(float[] values) => Of(values, Config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head);
}
