namespace ForgePrune.Training;

/// <summary>The loss that recovery minimizes.</summary>
public enum RecoveryLoss
{
    /// <summary>KL(dense ‖ pruned) over the whole vocabulary: distillation from the dense model (Hinton et al. 2015, at temperature 1).</summary>
    Kl,

    /// <summary>The cross-entropy of the next token of the text.</summary>
    Ce,
}

/// <summary>The options of recovery, which trains with AdamW (Loshchilov and Hutter 2019, algorithm 2). Equal options, models and windows give
/// equal bytes, however often a run is interrupted.</summary>
public sealed record RecoveryOptions
{
    /// <summary>The number of tokens to train on, rounded up to whole steps. A shorter text is read again in another order as often as needed.</summary>
    public required long Tokens { get; init; }

    /// <summary>The loss to minimize.</summary>
    public RecoveryLoss Loss { get; init; } = RecoveryLoss.Kl;

    /// <summary>What is trained. A training that continues from a state of all weights trains them all.</summary>
    public RecoveryScope Scope { get; init; }

    /// <summary>The largest learning rate, above 0.</summary>
    public double Rate { get; init; } = 2e-4;

    /// <summary>The learning rate of every step, relative to <see cref="Rate"/>.</summary>
    public LearningSchedule Schedule { get; init; } = new(ScheduleShape.Cosine, WarmUp: 0.05, Decay: 0.2);

    /// <summary>The tokens of one step, rounded down to whole windows, at least one window.</summary>
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>The tokens of one forward and backward pass, rounded down to whole windows. The gradients of a step are accumulated over such passes,
    /// so this number sets the memory of the activations.</summary>
    public int TokensAtOnce { get; init; } = 2048;

    /// <summary>The largest norm of the gradient of a step; a longer gradient is scaled down to it.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>β₁ of AdamW: the decay of the mean of the gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β₂ of AdamW: the decay of the mean of the squared gradients.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>ε of AdamW.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The decoupled weight decay of matrices, per unit of learning rate; norms and biases have none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The seed of the order of windows.</summary>
    public long Seed { get; init; }

    /// <summary>The windows of one step.</summary>
    public int WindowsPerStep(int window) => Math.Max(1, TokensPerStep / window);

    /// <summary>The windows of one forward and backward pass.</summary>
    public int WindowsAtOnce(int window) => Math.Clamp(TokensAtOnce / window, 1, WindowsPerStep(window));

    /// <summary>The number of steps.</summary>
    /// <param name="window">The tokens of one window.</param>
    public int Steps(int window) => checked((int)Math.Max(1, (Tokens + (long)WindowsPerStep(window) * window - 1) / ((long)WindowsPerStep(window) * window)));
}
