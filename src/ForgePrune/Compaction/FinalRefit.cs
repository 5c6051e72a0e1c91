using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Storage;
using ForgePrune.Tokens;

namespace ForgePrune.Compaction;

/// <summary>After the plan is chosen: fits every output projection once more, front to back, on the activations of the pruned network
/// itself, so that each block answers the errors of those before it. Two residual streams are resident, dense and pruned.</summary>
public static class FinalRefit
{
    /// <summary>Writes what is missing in <paramref name="folder"/>, one file per block, and gives the refitted model. Blocks that an
    /// interrupted run finished are only passed through again.</summary>
    /// <param name="pruned">Compacted from <paramref name="dense"/> with the sets of <paramref name="sets"/>.</param>
    /// <param name="progress">Share of the layers done, 0 to 1.</param>
    public static RefittedModel Run(
        IDecoderModel dense, IDecoderModel pruned, IKeptSets sets, IBlockRunner runner, TokenWindows windows, FinalRefitOptions options,
        string folder, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (!(options.ResidualShare is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.ResidualShare, "the residual share goes from 0 to 1");
        var source = SourceHash.Of("refit", dense.ContentHash, pruned.ContentHash, SourceHash.Of(windows).Hex, options.ToString());
        // There even where the plan keeps no block and no file follows.
        Directory.CreateDirectory(folder);
        if (IsComplete(pruned.Config, folder, source))
            return RefittedModel.Open(dense, pruned.Config, options.Affine, folder, source);
        var pass = new RefitPass(ResidualStream.Embed(dense.ReadEmbedding(), windows, Calibrator.Widest(dense.Config)), options, source, cancellation);
        var layers = dense.Config.Layers.Count;
        for (var layer = 0; layer < layers; layer++)
        {
            var (full, small, shape) = (dense.ReadLayer(layer), pruned.ReadLayer(layer), pruned.Config.Layers[layer]);
            if (full.Attention is { } attention)
                pass.Block(RefittedBlock.AttentionPath(folder, layer), AttentionStep(layer, attention, small.Attention, shape, sets),
                    (x, capture) => runner.Attention(attention, full.AttentionNorm, x, capture),
                    (x, block) => runner.Attention(BlockCompaction.Attention(attention, block.Kept, block.Output), small.AttentionNorm, x));
            if (full.Mlp is { } mlp)
                pass.Block(RefittedBlock.MlpPath(folder, layer), MlpStep(layer, mlp, small.Mlp, shape, sets),
                    (x, capture) => runner.Mlp(mlp, full.MlpNorm, x, capture),
                    (x, block) => runner.Mlp(BlockCompaction.Mlp(mlp, block.Kept, block.Output), small.MlpNorm, x));
            progress?.Report((layer + 1.0) / layers);
        }

        return RefittedModel.Open(dense, pruned.Config, options.Affine, folder, source);
    }

    /// <summary>Every block's file is there; one that was made from something else is refused.</summary>
    private static bool IsComplete(ModelConfig config, string folder, SourceHash source) => config.Layers.Select((shape, layer) =>
        (!shape.HasAttention || RefittedBlock.IsDone(RefittedBlock.AttentionPath(folder, layer), source))
        && (!shape.HasMlp || RefittedBlock.IsDone(RefittedBlock.MlpPath(folder, layer), source))).All(there => there);

    private static RefitStep? AttentionStep(int layer, AttentionWeights dense, AttentionWeights? current, LayerShape shape, IKeptSets sets)
    {
        var level = new AttentionLevel(shape.KvHeads, shape.QueryHeads);
        return current is null ? null : new RefitStep(
            $"layer {layer} o_proj", dense.Output, new Projection(current.Output, current.OutputBias), sets.Heads(layer, level),
            dense.Output.Cols / dense.QueryHeads, (hessian, weights, damping) =>
                HeadSelection.Run(hessian, weights, dense.Output.Rows, dense.KvHeads, dense.QueryHeads, damping).Sets.Heads(level));
    }

    private static RefitStep? MlpStep(int layer, MlpWeights dense, MlpWeights? current, LayerShape shape, IKeptSets sets) =>
        current is null ? null : new RefitStep(
            $"layer {layer} down_proj", dense.Down, new Projection(current.Down, current.DownBias), sets.Channels(layer, shape.Ffn),
            1, (hessian, weights, damping) => ChannelSelection.Run(hessian, weights, dense.Down.Rows, damping).Order.Kept(shape.Ffn));
}
