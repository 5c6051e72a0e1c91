namespace ForgePrune.Model;

/// <summary>A shape for every layer: the whole result of the search. Two plans are equal when all their shapes are.</summary>
public sealed class Plan(IReadOnlyList<LayerShape> layers) : IEquatable<Plan>
{
    public IReadOnlyList<LayerShape> Layers { get; } = layers;

    public Plan With(int layer, LayerShape shape)
    {
        var copy = Layers.ToArray();
        copy[layer] = shape;
        return new Plan(copy);
    }

    public bool Equals(Plan? other) => other is not null && Layers.SequenceEqual(other.Layers);

    public override bool Equals(object? obj) => Equals(obj as Plan);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var layer in Layers)
            hash.Add(layer);
        return hash.ToHashCode();
    }
}
