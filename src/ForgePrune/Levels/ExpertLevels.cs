using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of a block of experts: whole experts leave, the least salient first, and inside of each expert that stays, equally many
/// channels.</summary>
internal static class ExpertLevels
{
    /// <summary>The name of an expert's down_proj in messages.</summary>
    public static string Name(int layer, int expert) => $"layer {layer} expert {expert} down_proj";

    /// <summary>The order in which whole experts leave.</summary>
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

    /// <summary>The channels that a shape keeps: of the experts that leave last, those that leave last inside of each.</summary>
    /// <exception cref="ArgumentException">The shape is not one of so many experts.</exception>
    public static int[] Kept(LayerLevels levels, LayerShape shape)
    {
        if (levels is not { Mlp: { } whole, Experts: [{ Order.Width: var width }, ..] inside } || shape.ExpertWidth > width
            || shape.Ffn % shape.ExpertWidth != 0)
        {
            throw new ArgumentException($"{shape.Ffn} channels in experts of {shape.ExpertWidth} are no level of this layer", nameof(shape));
        }

        int[] experts = [.. whole.Order.Kept(shape.Ffn / shape.ExpertWidth * width).Where(channel => channel % width == 0).Select(channel => channel / width)];
        return [.. experts.SelectMany(expert => inside[expert].Order.Kept(shape.ExpertWidth).Select(channel => (expert * width) + channel))];
    }

    /// <summary>The experts that channels belong to, ascending, and how many of them each has.</summary>
    /// <param name="kind">Of the block that the channels are numbered in.</param>
    /// <exception cref="ArgumentException">Some expert has more of the channels than another.</exception>
    public static (int[] Experts, int Width) Among(IReadOnlyList<int> channels, MlpKind kind)
    {
        var parts = channels.GroupBy(channel => channel / kind.ExpertWidth).Select(expert => (Expert: expert.Key, Width: expert.Count())).ToArray();
        return parts.Select(part => part.Width).Distinct().Count() <= 1 ? ([.. parts.Select(part => part.Expert)], parts.FirstOrDefault().Width)
            : throw new ArgumentException($"{channels.Count} channels are not equally many of every expert that stays", nameof(channels));
    }
}
