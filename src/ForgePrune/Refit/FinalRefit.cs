using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>Refits every output projection of a chosen plan once more, front to back, by least squares on the activations of the pruned network,
/// so that each block compensates the errors of the blocks before it. The residual streams of the dense and of the pruned model stay in memory.</summary>
public static class FinalRefit
{
    /// <summary>The version of the result: it changes when the same plan is refitted to different weights, or when the file layout changes.</summary>
    public static StageFormat Format { get; } = new("refit", 4);

    /// <summary>Writes the missing files in <paramref name="folder"/>, one per block, and returns the refitted model. Files that an
    /// interrupted run finished are kept, and blocks before the last stored streams are not run again.</summary>
    /// <param name="pruned">The config of the pruned model.</param>
    /// <param name="sets">The kept heads and channels of its layers.</param>
    /// <param name="device">The device that solves the refits.</param>
    /// <param name="progress">Receives the share of the layers that is done, from 0 to 1.</param>
    /// <param name="keep">Receives the moments of every block, for <see cref="LevelSource.Around"/>; null for none.</param>
    /// <exception cref="Errors.BadInputException">A file is damaged or from another source, a token id lies outside of the vocabulary, or no damping makes a
    /// Hessian positive definite.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled.</exception>
    public static RefittedModel Run(
        IDecoderModel dense, ModelConfig pruned, IKeptSets sets, IBlockRunner runner, TokenWindows windows, FinalRefitOptions options,
        string folder, IPruningDevice device, IProgress<double>? progress = null, CancellationToken cancellation = default, StreamMoments? keep = null) =>
        Run(dense, pruned, sets, runner, windows, options, folder, device, StreamState.Usual, progress, cancellation, keep);

    /// <param name="interval">The time between two stored states of the streams.</param>
    internal static RefittedModel Run(
        IDecoderModel dense, ModelConfig pruned, IKeptSets sets, IBlockRunner runner, TokenWindows windows, FinalRefitOptions options,
        string folder, IPruningDevice device, TimeSpan interval, IProgress<double>? progress = null, CancellationToken cancellation = default,
            StreamMoments? keep = null)
    {
        RequireShare(options.ResidualShare, nameof(options));
        RequireShare(options.InputShare, nameof(options));
        var config = OutputBiases.Of(pruned, options.Affine);
        var source = Source(dense, config, sets, windows, options);
        // There even where the plan keeps no block and no file follows.
        Directory.CreateDirectory(folder);
        var state = new StreamState(folder, source, interval);
        var done = Enumerable.Range(0, config.Layers.Count).TakeWhile(layer => IsDone(config.Layers[layer], layer, folder, source)).Count();
        if (keep is null && done == config.Layers.Count)
        {
            state.Forget();
            return RefittedModel.Open(dense, config, sets, folder, source, device.Threads);
        }

        var pass = new RefitPass(dense, windows, options, source, device, cancellation);
        var epsilon = dense.Config.RmsNormEps;
        using var layers = new LayerReader(dense, runner, config.Layers.Count);
        // What is kept in memory is seen on the way only.
        for (var layer = keep is null ? pass.Resume(state, done) : 0; layer < config.Layers.Count; layer++)
        {
            var (index, full, kept) = (layer, layers.Read(layer), new KeptBlocks(layer, config.Layers[layer], sets));
            if (full.Attention is { } attention)
            {
                var step = new RefitStep(RefitStep.AttentionName(layer), new(attention.Output, attention.OutputBias),
                    kept.Heads is null ? null : kept.HeadColumns(attention), full.AttentionNorm, epsilon)
                {
                    PostNorm = attention.PostNorm,
                    Level = Level(levels => levels.Attention(index, config.Layers[index]) is { } block ? new(block.Output, block.OutputBias) : null),
                };
                pass.Block(RefittedBlock.AttentionPath(folder, layer), step,
                    map => runner.Hold(InputMap.Fold(attention, map, device.Threads), full.AttentionNorm),
                    block => runner.Hold(block.Of(attention, kept.Heads!, device.Threads), full.AttentionNorm), keep);
            }
            if (full.Mlp is { } mlp)
            {
                var step = new RefitStep(RefitStep.MlpName(layer), new(mlp.Down, mlp.DownBias),
                    kept.Channels is null ? null : [.. kept.Channels], full.MlpNorm, epsilon)
                {
                    PostNorm = mlp.PostNorm,
                    Level = Level(levels => levels.Mlp(index, config.Layers[index]) is { } block ? new(block.Down, block.DownBias) : null),
                };
                IHeldBlock Small(RefittedBlock block) => runner.Hold(block.Of(mlp, kept.Channels!, device.Threads), full.MlpNorm);
                var path = RefittedBlock.MlpPath(folder, layer);
                if (mlp.Kind.IsRouted)
                {
                    pass.Experts(path, step, () => runner.Hold(mlp, full.MlpNorm), output => BlockCompaction.Mlp(mlp, kept.Channels!, output),
                        kept.ExpertNames(mlp.Kind), Small);
                }
                else
                {
                    pass.Block(path, step, map => runner.Hold(InputMap.Fold(mlp, map, device.Threads), full.MlpNorm), Small, keep);
                }
            }
            if (keep is null && state.IsDue && layer < config.Layers.Count - 1)
                pass.Save(state, layer + 1);
            progress?.Report((layer + 1.0) / config.Layers.Count);
        }

        state.Forget();
        return RefittedModel.Open(dense, config, sets, folder, source, device.Threads);

        Func<Projection>? Level(Func<ILevelSource, Projection?> read) =>
            options.Choices.Levels is { } levels ? () => read(levels) ?? throw new InvalidOperationException("a level of a block that is gone") : null;
    }

    /// <summary>Whether all files of the layer exist. A file from another source is an error.</summary>
    private static bool IsDone(LayerShape shape, int layer, string folder, SourceHash source) =>
        (!shape.HasAttention || RefittedBlock.IsDone(RefittedBlock.AttentionPath(folder, layer), source))
        && (!shape.HasMlp || RefittedBlock.IsDone(RefittedBlock.MlpPath(folder, layer), source));

    /// <summary>The hash of everything that the result depends on: dense model, shapes, kept units, text and options.</summary>
    internal static SourceHash Source(IDecoderModel dense, ModelConfig config, IKeptSets sets, TokenWindows windows, FinalRefitOptions options) =>
        SourceHash.Of(
        Format.ToString(), dense.ContentHash,
        string.Join('|', config.Layers.Select((shape, layer) => new KeptBlocks(layer, shape, sets))),
        windows.Hash, options.ToString());

    private static void RequireShare(double share, string name)
    {
        if (!(share is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(name, share, "a share goes from 0 to 1");
    }
}
