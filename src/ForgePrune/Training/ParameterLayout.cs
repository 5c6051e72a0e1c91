using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>Where the tensors of a model lie in one flat array, in the order of <see cref="TensorLayout"/>. Weights, gradients and moments share it:
/// an update then is one pass, and a checkpoint one write.</summary>
public sealed class ParameterLayout
{
    private readonly Dictionary<(TensorRole Role, int Layer), (int Start, int Length)> places = [];

    /// <exception cref="Errors.BadInputException">The model has more values than one array holds.</exception>
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

    public ModelConfig Config { get; }

    public IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>Values of all tensors.</summary>
    public int Count { get; }

    /// <summary>The tensor's part of <paramref name="values"/>; empty where the model has none.</summary>
    public Span<float> Of(float[] values, TensorRole role, int layer = -1) =>
        places.TryGetValue((role, layer), out var place) ? values.AsSpan(place.Start, place.Length) : [];

    /// <summary>The output head's part, which is the embedding's where they are tied.</summary>
    public Span<float> Head(float[] values) => Of(values, Config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head);
}
