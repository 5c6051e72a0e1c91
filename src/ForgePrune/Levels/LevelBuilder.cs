using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Computes the levels of every layer from its Grams, one file per layer. Files that an interrupted run finished are read back.</summary>
public static class LevelBuilder
{
    /// <summary>The version of the result: it changes when the same Grams give different levels, or when the file layout changes.</summary>
    public static StageFormat Format { get; } = new("levels", 4);

    /// <summary>Computes the levels of a whole model.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="grams">The Grams of its output projections.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <param name="folder">The folder of the level files (layer-00.levels and so on).</param>
    /// <param name="device">The device that selects heads and channels. In a pool, each member takes the next layer.</param>
    /// <param name="progress">Receives the share of the layers that is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops between two layers; finished files stay.</param>
    /// <exception cref="Errors.BadInputException">A Gram or level file is missing, damaged or from another source, or no damping makes a Hessian positive
    /// definite.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was requested.</exception>
    public static LevelDatabase Run(
        IDecoderModel model, GramFolder grams, LevelOptions options, string folder, IPruningDevice device,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(model, grams, null, options, folder, device, progress, cancellation);

    /// <summary>Computes the levels of a whole model, with the damping of each projection chosen on other text, and the loss of every level
    /// there.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="fitting">The Grams of its output projections on the text that levels are fitted to.</param>
    /// <param name="validation">Those on the other text; null for none, which fixes the damping.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <param name="folder">The folder of the level files (layer-00.levels and so on).</param>
    /// <param name="device">The device that selects heads and channels. In a pool, each member takes the next layer.</param>
    /// <param name="progress">Receives the share of the layers that is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops between two layers; finished files stay.</param>
    /// <exception cref="Errors.BadInputException">A Gram or level file is missing, damaged or from another source, or no damping makes a Hessian positive
    /// definite.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was requested.</exception>
    public static LevelDatabase Run(
        IDecoderModel model, GramFolder fitting, GramFolder? validation, LevelOptions options, string folder, IPruningDevice device,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        int[] all = [.. Enumerable.Range(0, model.Config.Layers.Count)];
        return new LevelDatabase(Make(model, fitting, validation, options, folder, device, all, progress, cancellation), options.Affine);
    }

    /// <summary>The levels of some layers, whose files are independent of each other.</summary>
    internal static LayerLevels[] Make(
        IDecoderModel model, GramFolder fitting, GramFolder? validation, LevelOptions options, string folder, IPruningDevice device,
        IReadOnlyList<int> layers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var source = Source(model, fitting, validation, options);
        var made = new LayerLevels[layers.Count];
        var (reading, done) = (new Lock(), 0);
        DeviceScheduler.Over(device, layers.Count, (index, member) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var layer = layers[index];
            var path = LevelFile.Path(folder, layer);
            if (!File.Exists(path))
                LevelFile.Write(path, source, Build(layer, Weights(layer), fitting, validation, options, member));
            made[index] = LevelFile.Read(path, source);
            LargeArrays.Settle();
            lock (reading)
                progress?.Report(++done / (double)layers.Count);
        });

        return made;

        LayerWeights Weights(int layer)
        {
            lock (reading)
                return model.ReadLayer(layer);
        }
    }

    /// <summary>The hash of everything that the levels depend on.</summary>
    internal static SourceHash Source(IDecoderModel model, GramFolder fitting, GramFolder? validation, LevelOptions options) =>
        SourceHash.Of(Format.ToString(), model.ContentHash, fitting.Source.Hex, validation?.Source.Hex ?? "", options.ToString());

    private static LayerLevels Build(
        int layer, LayerWeights weights, GramFolder fitting, GramFolder? validation, LevelOptions options, IPruningDevice device)
    {
        var heads = Heads(layer, weights, fitting, validation, options, device);
        LargeArrays.Settle();
        return Mlp(layer, weights, fitting, validation, options, device) with { Attention = heads };
    }

    /// <summary>The levels of a layer's o_proj; null where it has no attention block.</summary>
    internal static AttentionLevels? Heads(
        int layer, LayerWeights weights, GramFolder fitting, GramFolder? validation, LevelOptions options, IPruningDevice device) =>
        weights.Attention is { Output.Cols: var cols } block
            ? Attention(fitting.Attention(layer, cols), validation?.Attention(layer, cols), OutputNorm.Rows(block.Output, block.PostNorm), block.KvHeads,
                block.QueryHeads, options, $"layer {layer} o_proj", device)
            : null;

    /// <summary>The levels of a layer's MLP block, of each expert where it has any; those of its attention are left out.</summary>
    internal static LayerLevels Mlp(
        int layer, LayerWeights weights, GramFolder fitting, GramFolder? validation, LevelOptions options, IPruningDevice device)
    {
        if (weights.Mlp is { Kind: { IsRouted: true } kind } experts)
        {
            var count = kind.Experts(experts.Ffn);
            return new LayerLevels(null, ExpertLevels.Of(fitting.Experts(layer, count), kind))
            {
                Experts = [.. Enumerable.Range(0, count).Select(expert => Expert(experts, layer, expert, fitting, validation, options, device))],
            };
        }

        return new LayerLevels(null, weights.Mlp is { } mlp
            ? Channels(fitting.Mlp(layer, mlp.Ffn), validation?.Mlp(layer, mlp.Ffn), OutputNorm.Rows(mlp.Down, mlp.PostNorm), options,
                $"layer {layer} down_proj", device)
            : null);
    }

    private static ChannelLevels Expert(
        MlpWeights block, int layer, int expert, GramFolder fitting, GramFolder? validation, LevelOptions options, IPruningDevice device)
    {
        var width = block.Kind.ExpertWidth;
        var levels = Channels(fitting.Expert(layer, expert, width), validation?.Expert(layer, expert, width),
            ExpertWeights.Columns(block.Down, expert, width)!, options, ExpertLevels.Name(layer, expert), device);
        LargeArrays.Settle();
        return levels;
    }

    /// <summary>The levels of one o_proj.</summary>
    /// <param name="gram">The statistics of its inputs, queryHeads·headDim columns.</param>
    /// <param name="output">The weights, hidden × queryHeads·headDim.</param>
    /// <param name="kvHeads">The number of KV groups.</param>
    /// <param name="queryHeads">The number of query heads.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <param name="matrix">The name of the projection for messages, such as "layer 3 o_proj".</param>
    /// <param name="device">The device that selects the heads.</param>
    /// <exception cref="Errors.BadInputException">No damping makes the Hessian positive definite.</exception>
    public static AttentionLevels Attention(
        GramStatistics gram, Matrix output, int kvHeads, int queryHeads, LevelOptions options, string matrix, IPruningDevice device) =>
        Attention(gram, null, output, kvHeads, queryHeads, options, matrix, device);

    /// <param name="validation">The statistics of the inputs on other text; null for none.</param>
    internal static AttentionLevels Attention(
        GramStatistics gram, GramStatistics? validation, Matrix output, int kvHeads, int queryHeads, LevelOptions options, string matrix,
        IPruningDevice device) =>
        LevelProblem.Solve(gram, validation, output, output.Cols / queryHeads, options, matrix, device.Threads,
            problem => HeadSelection.Run(problem, kvHeads, queryHeads, device));

    /// <summary>The levels of one down_proj.</summary>
    /// <param name="gram">The statistics of its inputs, ffn columns.</param>
    /// <param name="down">The weights, hidden × ffn.</param>
    /// <param name="options">Damping and kind of refit.</param>
    /// <param name="matrix">The name of the projection for messages, such as "layer 3 down_proj".</param>
    /// <param name="device">The device that selects the channels.</param>
    /// <exception cref="Errors.BadInputException">No damping makes the Hessian positive definite.</exception>
    public static ChannelLevels Channels(GramStatistics gram, Matrix down, LevelOptions options, string matrix, IPruningDevice device) =>
        Channels(gram, null, down, options, matrix, device);

    /// <param name="validation">The statistics of the inputs on other text; null for none.</param>
    internal static ChannelLevels Channels(
        GramStatistics gram, GramStatistics? validation, Matrix down, LevelOptions options, string matrix, IPruningDevice device) =>
        LevelProblem.Solve(gram, validation, down, blockWidth: 1, options, matrix, device.Threads, problem => ChannelSelection.Run(problem, device));
}
