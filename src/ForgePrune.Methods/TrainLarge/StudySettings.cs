namespace ForgePrune.Methods.TrainLarge;

/// <summary>Everything the user says to a study; already checked.</summary>
public sealed record StudySettings
{
    /// <summary>Tokens per window unless the user says otherwise.</summary>
    public const int DefaultWindow = 128;

    /// <summary>The most sizes of one study.</summary>
    public const int MostSizes = 8;

    /// <summary>The largest size, in multiples of the smallest shape.</summary>
    public const int LargestSize = 64;

    /// <summary>The largest learning rate unless the user says otherwise.</summary>
    public const double DefaultRate = 2e-3;

    /// <summary>A model whose tokenizer is used, or a folder with a tokenizer.json.</summary>
    public required string Model { get; init; }

    /// <summary>Text, JSONL or .bin token ids.</summary>
    public required string Text { get; init; }

    /// <summary>Run folder.</summary>
    public required string Out { get; init; }

    /// <summary>Sizes in multiples of the smallest shape, rising; at least two.</summary>
    public required IReadOnlyList<int> Sizes { get; init; }

    /// <summary>Tokens that the smallest model is trained on; what this computes is what every size gets. Null takes a fixed amount of
    /// computing.</summary>
    public long? Tokens { get; init; }

    /// <summary>Tokens per window.</summary>
    public int Window { get; init; } = DefaultWindow;

    /// <summary>Largest learning rate of training from random weights.</summary>
    public double Rate { get; init; } = DefaultRate;

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Threads that compute, at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Computes and searches less, for a first look.</summary>
    public bool Quick { get; init; }
}
