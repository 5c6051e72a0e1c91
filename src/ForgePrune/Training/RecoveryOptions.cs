namespace ForgePrune.Training;

/// <summary>What a pruned model is trained towards.</summary>
public enum RecoveryLoss
{
    /// <summary>KL(dense ‖ pruned) over the whole vocabulary: the dense model's own predictions are the truth.</summary>
    Kl,

    /// <summary>Cross-entropy with the next token of the text.</summary>
    Ce,
}

/// <summary>How recovery trains. Equal options, models and windows give equal bytes, however often a run is broken off.</summary>
public sealed record RecoveryOptions
{
    /// <summary>Tokens to train on, rounded up to whole steps; the text is read again, in another order, as often as it takes.</summary>
    public required long Tokens { get; init; }

    public RecoveryLoss Loss { get; init; } = RecoveryLoss.Kl;

    /// <summary>Largest learning rate.</summary>
    public double Rate { get; init; } = 2e-4;

    public LearningSchedule Schedule { get; init; } = new(ScheduleShape.Cosine, WarmUp: 0.05, Decay: 0.2);

    /// <summary>Tokens of one step, rounded down to whole windows, at least one.</summary>
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>Tokens that go through the model at once, rounded down to whole windows; gradients of a step are accumulated over such parts.
    /// What a part takes of memory does not depend on the step.</summary>
    public int TokensAtOnce { get; init; } = 2048;

    /// <summary>A gradient longer than this is shortened to it.</summary>
    public double ClipNorm { get; init; } = 1;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.95;

    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decay of matrices; norms and biases have none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Of the order of windows.</summary>
    public long Seed { get; init; }

    public int WindowsPerStep(int window) => Math.Max(1, TokensPerStep / window);

    public int WindowsAtOnce(int window) => Math.Clamp(TokensAtOnce / window, 1, WindowsPerStep(window));

    public int Steps(int window) => checked((int)Math.Max(1, (Tokens + (long)WindowsPerStep(window) * window - 1) / ((long)WindowsPerStep(window) * window)));
}
