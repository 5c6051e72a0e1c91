using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Trains candidates for a moment before selection measures them, since what trains well is not always what starts well.</summary>
public interface ICandidateTrainer
{
    /// <summary>As the run's files spell it; "none" trains nothing.</summary>
    string Name { get; }

    /// <summary>Scores that see <paramref name="plans"/> with weights trained as much as their stage of the selection allows.</summary>
    /// <param name="remaining">Stages that follow; 0 for the last, which measures all windows.</param>
    /// <param name="untrained">Returned itself where nothing is trained.</param>
    WindowScores Trained(IReadOnlyList<Plan> plans, int remaining, WindowScores untrained);
}

/// <summary>Candidates are measured as they are.</summary>
public sealed class NoTrainer : ICandidateTrainer
{
    private NoTrainer()
    {
    }

    public static NoTrainer Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public WindowScores Trained(IReadOnlyList<Plan> plans, int remaining, WindowScores untrained) => untrained;
}
