using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Training;

/// <summary>What of a model is trained: all weights, matrices of low rank beside the projections, or factors of channels alone. Norms are always
/// trained.</summary>
public readonly record struct RecoveryScope
{
    /// <summary>The largest rank.</summary>
    public const int MostRank = 1024;

    private const string AllName = "all", ScalesName = "scales", LoraName = "lora:";

    private readonly bool scales;

    private RecoveryScope(int rank, bool scales) => (Rank, this.scales) = (rank, scales);

    /// <summary>All weights.</summary>
    public static RecoveryScope All => default;

    /// <summary>Norms, the biases that the model has, and one factor for each input channel of o_proj and down_proj, which is folded into the columns
    /// afterwards.</summary>
    public static RecoveryScope Scales => new(0, scales: true);

    /// <summary>The rank of the matrices beside the projections; 0 for other scopes.</summary>
    public int Rank { get; }

    /// <summary>The largest learning rate where nothing is said, as measured on short texts (docs/recovery.md): that of all weights on stories15M, those of the
    /// other scopes there and on MiniMind2-Small, where twice the rate of low rank does harm.</summary>
    public double UsualRate => this == All ? 2e-4 : this == Scales ? 1e-2 : 1e-3;

    /// <summary>The tokens of one forward and backward pass where nothing is said. What every block keeps of them is the largest part of the memory where
    /// most weights are frozen.</summary>
    internal int UsualTokensAtOnce => this == All ? 2048 : 512;

    /// <summary>Norms, and B·A beside every projection W (LoRA: Hu and others 2021, arXiv 2106.09685), which is added to W afterwards. A has
    /// <paramref name="rank"/> rows.</summary>
    /// <param name="rank">From 1 to <see cref="MostRank"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rank is outside its range.</exception>
    public static RecoveryScope Lora(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, MostRank);
        return new(rank, scales: false);
    }

    /// <summary>Reads "all", "lora:RANK" or "scales".</summary>
    /// <exception cref="BadInputException">It is none of them.</exception>
    public static RecoveryScope Parse(string text) => text switch
    {
        AllName => All,
        ScalesName => Scales,
        _ when text.StartsWith(LoraName, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(LoraName.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var rank)
            && rank is >= 1 and <= MostRank => Lora(rank),
        _ => throw new BadInputException($"`Recovery.Scope` '{text}' is unknown; give all, scales, or lora:RANK with a rank from 1 to {MostRank}"),
    };

    /// <summary>What <see cref="Parse"/> reads.</summary>
    public override string ToString() => scales ? ScalesName : Rank == 0 ? AllName : string.Create(CultureInfo.InvariantCulture, $"{LoraName}{Rank}");
}
