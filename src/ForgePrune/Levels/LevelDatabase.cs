using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of a whole model: orders of removal and losses, a few megabytes at most.</summary>
/// <param name="Layers">The levels of each decoder layer.</param>
/// <param name="Affine">Whether refits include an output bias; the losses then are those with the best bias.</param>
public sealed record LevelDatabase(IReadOnlyList<LayerLevels> Layers, bool Affine) : IKeptSets
{
    /// <summary>Reads the levels that <see cref="LevelBuilder"/> has written.</summary>
    /// <param name="folder">The folder of the level files.</param>
    /// <param name="model">The dense model.</param>
    /// <param name="grams">The Grams of its output projections.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <exception cref="Errors.BadInputException">A level file is missing, damaged or from another source.</exception>
    public static LevelDatabase Open(string folder, IDecoderModel model, GramFolder grams, LevelOptions options) =>
        Open(folder, model, grams, null, options);

    /// <summary>Reads the levels that <see cref="LevelBuilder"/> has written with validation text.</summary>
    /// <param name="folder">The folder of the level files.</param>
    /// <param name="model">The dense model.</param>
    /// <param name="fitting">The Grams of its output projections on the text that levels are fitted to.</param>
    /// <param name="validation">Those on the other text; null for none.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <exception cref="Errors.BadInputException">A level file is missing, damaged or from another source.</exception>
    public static LevelDatabase Open(string folder, IDecoderModel model, GramFolder fitting, GramFolder? validation, LevelOptions options)
    {
        var source = LevelBuilder.Source(model, fitting, validation, options);
        return new([.. Enumerable.Range(0, model.Config.Layers.Count).Select(layer => LevelFile.Read(LevelFile.Path(folder, layer), source))], options.Affine);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => Layers[layer].Attention!.Sets.Heads(level);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => Layers[layer].Mlp!.Order.Kept(width);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, LayerShape shape) => shape.ExpertWidth == 0 ? Channels(layer, shape.Ffn)
        : ExpertLevels.Kept(Layers[layer], shape);

    /// <summary>The loss of each width of a layer's MLP block, never rising with width: <see cref="ChannelLevels.Shape"/>.</summary>
    /// <param name="layer">The index of a layer that has such a block, from 0.</param>
    /// <returns>Dense width + 1 values, made anew by each call.</returns>
    public IReadOnlyList<double> Shape(int layer) => Layers[layer].Mlp!.Shape();

    /// <summary>What every projection loses on text that it was not fitted to; empty where there was no validation text.</summary>
    public IEnumerable<ProjectionGap> Gaps => Layers.SelectMany((layer, index) => new[]
    {
        layer.Attention is { Gap: { } attention } o ? new ProjectionGap($"layer {index} o_proj", o.Damping.Fraction, attention) : null,
        layer.Mlp is { Gap: { } mlp } down ? new ProjectionGap($"layer {index} down_proj", down.Damping.Fraction, mlp) : null,
    }).OfType<ProjectionGap>();

    /// <summary>One sentence where the fitting text is short for this model: where the median of the projections' ratios lies above
    /// <see cref="FitGap.Short"/>. Null where it does not, or where there was no validation text.</summary>
    public string? ShortText()
    {
        ProjectionGap[] gaps = [.. Gaps.OrderBy(gap => gap.Gap.Ratio)];
        if (gaps.Length == 0 || gaps[gaps.Length / 2] is not { Gap.Ratio: > FitGap.Short } median)
            return null;
        var (worst, text) = (gaps[^1], gaps[0].Gap.FittingTokens);
        // Two digits: no estimate knows more.
        double tokens = median.Gap.TokensFor();
        var digit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(tokens)) - 1));
        return string.Create(CultureInfo.InvariantCulture,
            $"The text is short for this model: with half of the columns kept, refits lose {median.Gap.Ratio:0.0} times as much on held-out text as on "
            + $"their own {text:N0} tokens ({worst.Gap.Ratio:0.0} times in {worst.Matrix}); by estimate, {Math.Ceiling(tokens / digit) * digit:N0} tokens "
            + $"would bring that below {FitGap.Short:0.0}");
    }

    /// <summary>Output projections that needed more damping than was asked for; empty in all but degenerate cases.</summary>
    public IEnumerable<RaisedDamping> RaisedDamping => Layers.SelectMany((layer, index) => new[]
    {
        layer.Attention?.Damping.Raised($"layer {index} o_proj"),
        layer.Mlp?.Damping.Raised($"layer {index} down_proj"),
    }.Concat((layer.Experts ?? []).Select((expert, number) => expert.Damping.Raised(ExpertLevels.Name(index, number))))).OfType<RaisedDamping>();
}
