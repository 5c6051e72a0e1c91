namespace ForgePrune.Model;

/// <summary>The shape of every layer: the result of a search. Two plans are equal when all their shapes are equal.</summary>
/// <param name="layers">The shape of each layer, in order.</param>
public sealed class Plan(IReadOnlyList<LayerShape> layers) : IEquatable<Plan>
{
    /// <summary>The shape of each layer, in order.</summary>
    public IReadOnlyList<LayerShape> Layers { get; } = layers;

    /// <summary>A copy of the plan with another shape at one layer.</summary>
    public Plan With(int layer, LayerShape shape)
    {
        var copy = Layers.ToArray();
        copy[layer] = shape;
        return new Plan(copy);
    }

    /// <inheritdoc/>
    public bool Equals(Plan? other) => other is not null && Layers.SequenceEqual(other.Layers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Plan);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var layer in Layers)
            hash.Add(layer);
        return hash.ToHashCode();
    }
}
