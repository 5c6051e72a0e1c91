namespace ForgePrune.Kernels;

/// <summary>Several equal devices. Work on one matrix goes to the first; whoever has independent matrices spreads them over the members, one thread for
/// each.</summary>
/// <remarks>Equal devices give equal bits, so neither results nor the name tell how many there were.</remarks>
public sealed class DevicePool : IPruningDevice
{
    /// <summary>Joins devices.</summary>
    /// <param name="members">At least one; all of one name. They stay with the caller.</param>
    /// <exception cref="ArgumentException">There is no device, or their names differ.</exception>
    public DevicePool(IReadOnlyList<IPruningDevice> members)
    {
        if (members.Count == 0 || members.Any(member => member.Name != members[0].Name))
            throw new ArgumentException($"The devices are {string.Join(", ", members.Select(member => member.Name))}; there must be some, and all of one kind.",
                nameof(members));
        Members = members;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IPruningDevice> Members { get; }

    /// <inheritdoc/>
    public string Name => Members[0].Name;

    /// <inheritdoc/>
    public int Threads => Members[0].Threads;

    string? IPruningDevice.Plan(IReadOnlyList<PlannedLayer> layers, bool levels) => Members[0].Plan(layers, levels);

    void IPruningDevice.LeaveRoom(LentMemory memory, long bytes)
    {
        foreach (var member in Members)
            member.LeaveRoom(memory, bytes);
    }

    // Of several devices only that on which the memory lies reads it.
    string? IPruningDevice.Reading(LentMemory memory) => Members.Select(member => member.Reading(memory)).OfType<string>().Distinct().ToArray() switch
    {
        [] => null,
        var clauses => string.Join("; ", clauses),
    };

    /// <inheritdoc/>
    public IGramSum Gram(int cols) => Members[0].Gram(cols);

    /// <inheritdoc/>
    public IMomentSum Moments(int rows, int cols) => Members[0].Moments(rows, cols);

    /// <inheritdoc/>
    public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead) =>
        Members[0].Order(hessian, n, weights, rows, dead);

    /// <inheritdoc/>
    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
        Members[0].Groups(hessian, n, weights, rows, dead, width);

    /// <inheritdoc/>
    public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
        Members[0].Factor(hessian, n, moment, rows, order);

    /// <inheritdoc/>
    public LevelFactor FactorOfWeights(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<int> order) =>
        Members[0].FactorOfWeights(hessian, n, weights, rows, order);
}
