using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Trains candidates briefly before selection measures them, since the best plan before training is not always the best one after it
/// (training-aware selection of DarwinLM, Tang et al. 2025).</summary>
public interface ICandidateTrainer
{
    /// <summary>The name in the files of a run; "none" trains nothing.</summary>
    string Name { get; }

    /// <summary>Scores of plans whose weights were trained as long as the stage of the selection allows.</summary>
    /// <param name="plans">The candidates.</param>
    /// <param name="remaining">The number of stages that follow; 0 for the last, which measures all windows.</param>
    /// <param name="untrained">The scores without training, returned where nothing is trained.</param>
    WindowScores Trained(IReadOnlyList<Plan> plans, int remaining, WindowScores untrained);
}

/// <summary>Measures candidates without training them.</summary>
internal sealed class NoTrainer : ICandidateTrainer
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
