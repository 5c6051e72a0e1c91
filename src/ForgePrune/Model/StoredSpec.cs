namespace ForgePrune.Model;

/// <summary>A tensor as a checkpoint holds it: one of the model's, or several whose rows lie one after the other (a fused
/// projection, or all experts of a layer).</summary>
/// <param name="Name">The name in the checkpoint.</param>
/// <param name="Parts">The tensors of the model, in the order of their rows; at least one.</param>
internal sealed record StoredSpec(string Name, IReadOnlyList<TensorSpec> Parts)
{
    /// <summary>The number of rows of a matrix, or the length of a vector.</summary>
    public int Rows => checked(Parts.Sum(part => part.Rows));

    /// <summary>The number of columns of a matrix; 0 for a vector.</summary>
    public int Cols => Parts[0].Cols;

    public bool IsVector => Parts[0].IsVector;

    /// <summary>The experts of a tensor of three dimensions, which come first; 0 of others.</summary>
    public int Experts { get; private init; }

    /// <summary>The sizes of its dimensions.</summary>
    public long[] Shape => IsVector ? [Rows] : Experts == 0 ? [Rows, Cols] : [Experts, Rows / Experts, Cols];

    public long Elements => Parts.Sum(part => part.Elements);

    /// <summary>The tensors of a checkpoint, in the order of the layout. Parts with one name are one tensor.</summary>
    public static IEnumerable<StoredSpec> Of(ModelConfig config, TensorNames names) =>
        TensorLayout.Of(config).GroupBy(spec => names[spec]).Select(parts => new StoredSpec(parts.Key, [.. parts])
        {
            Experts = names.Stacks(parts.First().Role) ? parts.Max(part => part.Expert) + 1 : 0,
        });

    /// <summary>The tensor that holds <paramref name="spec"/>, and the elements before it there.</summary>
    public static (string Name, long Start, bool Whole) Find(ModelConfig config, TensorNames names, TensorSpec spec)
    {
        var name = names[spec];
        if (spec.Layer < 0)
            return (name, 0, true);
        TensorSpec[] parts = [.. TensorLayout.Layer(config, spec.Layer).Where(part => names[part] == name)];
        return (name, parts.TakeWhile(part => (part.Role, part.Expert) != (spec.Role, spec.Expert)).Sum(part => part.Elements), parts.Length == 1);
    }
}
