using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of a whole model: orders of removal and losses, a few megabytes at most.</summary>
/// <param name="Layers">The levels of each decoder layer.</param>
/// <param name="Affine">Whether refits include an output bias; the losses then are those with the best bias.</param>
public sealed record LevelDatabase(IReadOnlyList<LayerLevels> Layers, bool Affine) : IKeptSets
{
    /// <summary>Reads the levels that <see cref="LevelBuilder.Run"/> has written.</summary>
    /// <param name="folder">The folder of the level files.</param>
    /// <param name="model">The dense model.</param>
    /// <param name="grams">The Grams of its output projections.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <exception cref="Errors.BadInputException">A level file is missing, damaged or from another source.</exception>
    public static LevelDatabase Open(string folder, IDecoderModel model, GramFolder grams, LevelOptions options)
    {
        var source = LevelBuilder.Source(model, grams, options);
        return new([.. Enumerable.Range(0, model.Config.Layers.Count).Select(layer => LevelFile.Read(LevelFile.Path(folder, layer), source))], options.Affine);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => Layers[layer].Attention!.Sets.Heads(level);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => Layers[layer].Mlp!.Order.Kept(width);

    /// <summary>Output projections that needed more damping than was asked for; empty in all but degenerate cases.</summary>
    public IEnumerable<RaisedDamping> RaisedDamping => Layers.SelectMany((layer, index) => new[]
    {
        layer.Attention?.Damping.Raised($"layer {index} o_proj"),
        layer.Mlp?.Damping.Raised($"layer {index} down_proj"),
    }).OfType<RaisedDamping>();
}
