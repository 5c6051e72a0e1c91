using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels offered to the search in one layer. Index 0 is the dense block, the last one removes it.</summary>
/// <param name="Attention">The attention levels, from dense to (0, 0).</param>
/// <param name="Ffn">The FFN widths in channels, from dense down to 0.</param>
public sealed record LevelGrid(IReadOnlyList<AttentionLevel> Attention, IReadOnlyList<int> Ffn)
{
    /// <summary>The sizes of blocks of experts that are timed, every number of experts with every width; empty where the model has none.</summary>
    public IReadOnlyList<ExpertLevel> Experts { get; init; } = [];
}
