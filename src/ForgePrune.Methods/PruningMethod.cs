namespace ForgePrune.Methods;

/// <summary>What decides which groups of a block go first.</summary>
public enum RemovalRule
{
    /// <summary>Greedy second-order elimination.</summary>
    SecondOrder,

    /// <summary>L2 norm of a group's weights.</summary>
    Magnitude,

    /// <summary>Mean |W| times the root mean square of the input.</summary>
    WandaSp,

    /// <summary>Input variance times squared column norm.</summary>
    Wifv,

    /// <summary>Root mean square of a group's inputs to its output projection.</summary>
    ActivationNorm,

    /// <summary>First-order Taylor: Σ |weight · gradient| of everything that leaves with a group.</summary>
    Taylor,

    /// <summary>Nothing inside a block: layers go whole.</summary>
    None,
}

/// <summary>What decides how much every block keeps.</summary>
public enum PlanRule
{
    /// <summary>Measured prices, dynamic programming, refinement, evolution.</summary>
    Search,

    /// <summary>Measured prices and dynamic programming alone.</summary>
    DynamicProgramming,

    /// <summary>The same share in every layer.</summary>
    Uniform,

    /// <summary>Standardised scores of all layers in one pool.</summary>
    GlobalScores,

    /// <summary>Whole layers by block influence.</summary>
    Depth,

    /// <summary>Self-Pruner: layer rates from a proposer, by what they measure.</summary>
    Proposals,

    /// <summary>DarwinLM: evolution by level switches inside attention and inside the MLPs.</summary>
    LevelSwitches,

    /// <summary>SPDY and ZipLM: dynamic programming over scaled layer-wise priors, the factors searched.</summary>
    ScaledPriors,

    /// <summary>Layer rates that rise from the first to the last by a common difference.</summary>
    ArithmeticProgression,

    /// <summary>2SSP: equal channels everywhere, then whole attention blocks.</summary>
    TwoStages,

    /// <summary>Adapt-Pruner: many small cuts by layer importances, each followed by training.</summary>
    Interleaved,
}

/// <param name="Name">The name of the method in the settings of a run.</param>
/// <param name="Refits">The kept weights of o_proj and down_proj are refitted to make up for what went.</param>
/// <param name="Description">One line of help.</param>
public sealed record PruningMethod(string Name, RemovalRule Removal, bool Refits, PlanRule Plan, string Description)
{
    /// <summary>Candidates are trained for a moment before they are measured.</summary>
    public bool TrainsCandidates { get; init; }

    /// <summary>What leaves is pressed to nothing by training before it is cut (DReSS).</summary>
    public bool Regularizes { get; init; }
}
