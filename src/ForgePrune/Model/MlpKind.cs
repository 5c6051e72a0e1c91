namespace ForgePrune.Model;

/// <summary>What the MLP block of a layer does apart from its weights. The default is one gated MLP that every token passes.</summary>
/// <remarks>A block of experts is a gated MLP too: the channels of expert e are a run of neighbors, and a token passes only those of the experts that the
/// router chooses for it, times its weight for each (Shazeer and others 2017, arXiv 1701.06538). With p = softmax(router · n) over all experts, the weights
/// are the largest <see cref="PerToken"/> of p, divided by their sum where the model does so. So an expert leaves as its channels and its row of the
/// router.</remarks>
public readonly record struct MlpKind
{
    /// <summary>The channels of one expert; 0 where there are no experts.</summary>
    public int ExpertWidth { get; init; }

    /// <summary>The experts that a token passes (top k).</summary>
    public int PerToken { get; init; }

    /// <summary>Whether the weights of a token's experts are divided by their sum.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether the block is one of experts.</summary>
    public bool IsRouted => ExpertWidth > 0;

    /// <summary>The experts of a block of so many channels; 0 where there are none.</summary>
    /// <param name="ffn">The channels of all experts together.</param>
    public int Experts(int ffn) => IsRouted ? ffn / ExpertWidth : 0;

    /// <summary>The kind with experts of so many channels; the same where that is 0, or where there are no experts.</summary>
    internal MlpKind Narrowed(int width) => IsRouted && width > 0 ? this with { ExpertWidth = width } : this;

    /// <summary>Whether a block may have so many channels: whole experts, as many as a token passes at least, or nothing.</summary>
    internal bool Allows(int ffn) => !IsRouted || ffn == 0 || (ffn % ExpertWidth == 0 && Experts(ffn) >= PerToken);
}
