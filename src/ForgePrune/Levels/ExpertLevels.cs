using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of a block of experts: whole experts leave, the least salient first, and those that stay are not refitted, since their tokens change
/// with the routing.</summary>
internal static class ExpertLevels
{
    /// <remarks>The loss of a level, which only shapes prices between measured ones, is what the experts that are gone added to the stream per token of the
    /// text: Σ g·‖f(n)‖ over all tokens, divided by their number. Of widths between whole experts it is that of the next narrower one.</remarks>
    public static ChannelLevels Of(ExpertStatistics text, MlpKind kind)
    {
        int[] removal = [.. ScoreLevels.Channels([.. Enumerable.Range(0, text.Routed.Length).Select(text.Saliency)]).Removal];
        var (width, losses) = (kind.ExpertWidth, new double[removal.Length * kind.ExpertWidth + 1]);
        for (var gone = 1; gone <= removal.Length; gone++)
        {
            var kept = removal.Length - gone;
            var loss = losses[(kept + 1) * width] + (text.Sums[removal[gone - 1]] / text.Tokens);
            Array.Fill(losses, loss, kept * width, width);
        }

        return new ChannelLevels(new ChannelOrder([.. removal.SelectMany(expert => Enumerable.Range(expert * width, width))]), losses, Damping.None);
    }

    /// <summary>The experts that channels belong to, ascending.</summary>
    /// <exception cref="ArgumentException">The channels are not those of whole experts.</exception>
    public static int[] Whole(IReadOnlyList<int> channels, MlpKind kind)
    {
        int[] experts = [.. channels.Select(channel => channel / kind.ExpertWidth).Distinct()];
        return channels.SequenceEqual(experts.SelectMany(expert => Enumerable.Range(expert * kind.ExpertWidth, kind.ExpertWidth))) ? experts
            : throw new ArgumentException($"{channels.Count} channels are not those of whole experts of {kind.ExpertWidth}", nameof(channels));
    }
}
