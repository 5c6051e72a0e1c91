namespace ForgePrune.Tokens.Bpe;

/// <summary>The treatment of the matches when a text is split at them.</summary>
internal enum SplitBehavior
{
    /// <summary>They are thrown away.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Neighbouring matches form one piece.</summary>
    Contiguous,

    /// <summary>They end the piece before them.</summary>
    MergedWithPrevious,

    /// <summary>They begin the piece after them.</summary>
    MergedWithNext,
}
