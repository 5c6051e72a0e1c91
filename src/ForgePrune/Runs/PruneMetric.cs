namespace ForgePrune.Runs;

/// <summary>What a target counts.</summary>
public enum PruneMetric
{
    /// <summary>Time of reading the prompt.</summary>
    Prefill,

    /// <summary>Time of one decode step.</summary>
    Decode,

    /// <summary>Time of a whole request: the prompt and the steps after it.</summary>
    Mix,

    /// <summary>All parameters.</summary>
    Parameters,

    /// <summary>Parameters of q, k, v, o, gate, up and down.</summary>
    Prunable,

    /// <summary>Bytes of the weights as written.</summary>
    Bytes,
}
