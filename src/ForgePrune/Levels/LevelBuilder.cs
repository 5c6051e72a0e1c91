using ForgePrune.Calibration;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Makes the levels of every layer from its Grams, one file per layer; layers that an interrupted run finished are read back.</summary>
public static class LevelBuilder
{
    /// <summary>Changes when the same Grams give other levels, or files of another layout.</summary>
    public static StageFormat Format { get; } = new("levels", 1);

    /// <param name="folder">Where `layer-00.levels` and so on go.</param>
    /// <param name="device">Where the heads and channels to remove are found. The members of a pool take layer after layer.</param>
    /// <param name="progress">Share of the layers done, 0 to 1.</param>
    public static LevelDatabase Run(
        IDecoderModel model, GramFolder grams, LevelOptions options, string folder, IPruningDevice device,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var source = SourceHash.Of(Format.ToString(), model.ContentHash, grams.Source.Hex, options.ToString());
        var count = model.Config.Layers.Count;
        var layers = new LayerLevels[count];
        var (reading, done) = (new Lock(), 0);
        DeviceScheduler.Over(device, count, (layer, member) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var path = LevelFile.Path(folder, layer);
            if (!File.Exists(path))
                LevelFile.Write(path, source, Build(layer, Weights(layer), grams, options, member));
            layers[layer] = LevelFile.Read(path, source);
            LargeArrays.Settle();
            lock (reading)
                progress?.Report(++done / (double)count);
        });

        return new LevelDatabase(layers, options.Affine);

        LayerWeights Weights(int layer)
        {
            lock (reading)
                return model.ReadLayer(layer);
        }
    }

    private static LayerLevels Build(int layer, LayerWeights weights, GramFolder grams, LevelOptions options, IPruningDevice device)
    {
        var attention = weights.Attention is { } block
            ? Attention(grams.Attention(layer, block.Output.Cols), block.Output, block.KvHeads, block.QueryHeads, options, $"layer {layer} o_proj", device)
            : null;
        LargeArrays.Settle();
        var mlp = weights.Mlp is { } other
            ? Channels(grams.Mlp(layer, other.Ffn), other.Down, options, $"layer {layer} down_proj", device)
            : null;
        return new LayerLevels(attention, mlp);
    }

    /// <summary>The levels of one o_proj (hidden × queryHeads·headDim).</summary>
    /// <param name="matrix">Named in the error where no damping helps.</param>
    public static AttentionLevels Attention(
        GramStatistics gram, Matrix output, int kvHeads, int queryHeads, LevelOptions options, string matrix, IPruningDevice device) =>
        Damped(gram, output, options, matrix, (hessian, weights, damping) =>
            HeadSelection.Run(hessian, weights, output.Rows, kvHeads, queryHeads, damping, device));

    /// <summary>The levels of one down_proj (hidden × ffn).</summary>
    /// <param name="matrix">Named in the error where no damping helps.</param>
    public static ChannelLevels Channels(GramStatistics gram, Matrix down, LevelOptions options, string matrix, IPruningDevice device) =>
        Damped(gram, down, options, matrix, (hessian, weights, damping) => ChannelSelection.Run(hessian, weights, down.Rows, damping, device));

    private static T Damped<T>(
        GramStatistics gram, Matrix weights, LevelOptions options, string matrix, Func<Hessian, double[], Damping, T> select) where T : class
    {
        var wide = Array.ConvertAll(weights.Values, value => (double)value);
        return Damping.Raise(options.Damping, matrix, (fraction, refused) =>
        {
            var hessian = Hessian.From(gram, fraction, options.Affine);
            try
            {
                return select(hessian, wide, new Damping(fraction, hessian.Lambda, [.. refused]));
            }
            catch (NotPositiveDefiniteException)
            {
                return null;
            }
        });
    }
}
