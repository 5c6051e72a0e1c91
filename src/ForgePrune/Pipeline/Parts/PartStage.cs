using ForgePrune.Errors;

namespace ForgePrune.Pipeline.Parts;

/// <summary>A piece of a run that falls into items which many processes can make: hidden states by window, Grams and levels by layer, and
/// prices by the layer that is replaced.</summary>
internal abstract class PartStage
{
    /// <summary>In the order in which a run needs them.</summary>
    public static IReadOnlyList<PartStage> All { get; } = [new BorderWork(), new CalibrationWork(), new LevelWork(), new PriceWork()];

    public abstract string Name { get; }

    /// <summary>Those of a method.</summary>
    public static IReadOnlyList<PartStage> Of(PruningMethod method) =>
        method is PlannedMethod planned ? [.. All.Where(stage => stage.IsPartOf(planned))] : [];

    /// <exception cref="BadInputException">There is no such stage, or the method has no use for it.</exception>
    public static PartStage Find(string name, PruningMethod method)
    {
        var stages = Of(method);
        return stages.FirstOrDefault(stage => stage.Name == name) ?? throw new BadInputException(stages.Count == 0
            ? $"method {method.Name} has no stage that several processes can share; collect the run without them"
            : $"'{name}' is no stage of method {method.Name} that several processes can share; use {string.Join(" or ", stages.Select(stage => stage.Name))}");
    }

    public abstract bool IsPartOf(PlannedMethod method);

    /// <summary>Makes or reads whatever the items need.</summary>
    public abstract PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text);
}
