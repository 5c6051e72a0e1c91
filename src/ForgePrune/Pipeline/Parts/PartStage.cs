using ForgePrune.Errors;

namespace ForgePrune.Pipeline.Parts;

/// <summary>A piece of a run that falls into items which many processes can make: hidden states by window, Grams and levels by layer,
/// prices by the layer that is replaced, and plans and their refits one each.</summary>
internal abstract class PartStage
{
    /// <summary>In the order in which a run needs them.</summary>
    public static IReadOnlyList<PartStage> All { get; } =
        [new BorderWork(), new CalibrationWork(), new LevelWork(), new PriceWork(), new PlansWork(), new ContestWork()];

    public abstract string Name { get; }

    /// <summary>Those of a method.</summary>
    /// <param name="large">Whether the model counts as large, and the stages that fall into one item are left out.</param>
    public static IReadOnlyList<PartStage> Of(PruningMethod method, bool large = false) =>
        method is PlannedMethod planned ? [.. All.Where(stage => stage.IsPartOf(planned) && (!large || stage.DividesLarge))] : [];

    /// <exception cref="BadInputException">There is no such stage, or the method has no use for it.</exception>
    public static PartStage Find(string name, PruningMethod method)
    {
        var stages = Of(method);
        return stages.FirstOrDefault(stage => stage.Name == name) ?? throw new BadInputException(stages.Count == 0
            ? $"method {method.Name} has no stage that several processes can share; collect the run without them"
            : $"'{name}' is no stage of method {method.Name} that several processes can share; use {string.Join(" or ", stages.Select(stage => stage.Name))}");
    }

    /// <summary>Whether there is more than one item where the model is large.</summary>
    public virtual bool DividesLarge => true;

    public abstract bool IsPartOf(PlannedMethod method);

    /// <summary>Makes or reads whatever the items need.</summary>
    public abstract PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text);
}
