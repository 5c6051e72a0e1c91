namespace ForgePrune.Model;

/// <summary>Where the RMSNorms of a block stand.</summary>
public enum BlockNorms
{
    /// <summary>On what a block reads of the residual stream: x += block(norm(x)).</summary>
    Before,

    /// <summary>There, and on what it adds (Gemma 2 and 3): x += norm(block(norm(x))).</summary>
    Around,

    /// <summary>On what it adds alone (OLMo 2): x += norm(block(x)).</summary>
    Behind,
}
