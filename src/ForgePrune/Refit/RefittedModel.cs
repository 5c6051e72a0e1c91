using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>The result of the final refit. Layers are computed when they are read, so the dense model must stay open.</summary>
/// <param name="Model">The refitted model.</param>
/// <param name="Unpruned">The dense model with the linear maps that the refit puts in front of its blocks; masking starts from it.</param>
/// <param name="RaisedDamping">The projections that needed more damping than usual; empty in all but degenerate cases.</param>
public sealed record RefittedModel(IDecoderModel Model, IDecoderModel Unpruned, IReadOnlyList<RaisedDamping> RaisedDamping)
{
    /// <summary>How every block was fitted, by the name of its output projection.</summary>
    internal IReadOnlyDictionary<string, BlockChoice> Choices { get; private init; } = new Dictionary<string, BlockChoice>();

    /// <summary>How every expert that stays was fitted, by the name of its block's output projection.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<(int Expert, ExpertFit Fit)>> Experts { get; private init; } =
        new Dictionary<string, IReadOnlyList<(int Expert, ExpertFit Fit)>>();

    /// <summary>Opens the model whose blocks <see cref="FinalRefit"/> has written.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="pruned">The config of the pruned model.</param>
    /// <param name="sets">The kept heads and channels of its layers.</param>
    /// <param name="windows">The text of the refit.</param>
    /// <param name="options">The options of the refit.</param>
    /// <param name="folder">The folder of the blocks.</param>
    /// <param name="threads">The threads that compute layers when they are read.</param>
    /// <exception cref="Errors.BadInputException">A file is missing, damaged or from another source.</exception>
    public static RefittedModel Open(
        IDecoderModel dense, ModelConfig pruned, IKeptSets sets, TokenWindows windows, FinalRefitOptions options, string folder, int threads)
    {
        var config = OutputBiases.Of(pruned, options.Affine);
        return Open(dense, config, sets, folder, FinalRefit.Source(dense, config, sets, windows, options), threads);
    }

    internal static RefittedModel Open(IDecoderModel dense, ModelConfig config, IKeptSets sets, string folder, SourceHash source, int threads)
    {
        var fits = Blocks().Select(block => (block.Name, block.Layer, Fit: RefittedBlock.ReadFit(block.Path, source))).ToArray();
        var experts = fits.Where(fit => fit.Fit.Experts.Count > 0)
            .Select(fit => (fit.Name, fit.Layer, Experts: Numbered(fit.Layer, fit.Fit.Experts))).ToArray();
        return new RefittedModel(With(config, Small), With(dense.Config, Mapped),
        [
            .. fits.SelectMany(fit => Raised(fit.Name, fit.Fit.Output, fit.Fit.Input)),
            .. experts.SelectMany(block => block.Experts.Select(one => one.Fit.Damping.Raised(ExpertLevels.Name(block.Layer, one.Expert))))
                .OfType<RaisedDamping>(),
        ])
        {
            Choices = fits.ToDictionary(fit => fit.Name, fit => fit.Fit.Choice),
            Experts = experts.ToDictionary(block => block.Name, block => block.Experts),
        };

        IReadOnlyList<(int Expert, ExpertFit Fit)> Numbered(int layer, IReadOnlyList<ExpertFit> own) =>
            [.. new KeptBlocks(layer, config.Layers[layer], sets).Experts(dense.Config.MlpOf(layer)).Zip(own)];

        InMemoryModel With(ModelConfig shape, Func<int, LayerWeights> layers) =>
            new(shape, layers, dense.ReadEmbedding, dense.ReadFinalNorm(), config.TiedEmbeddings ? null : dense.ReadHead) { Vocabulary = dense };

        RefittedBlock? Attention(int layer) =>
            config.Layers[layer].HasAttention ? RefittedBlock.Read(RefittedBlock.AttentionPath(folder, layer), source) : null;

        RefittedBlock? Mlp(int layer) => config.Layers[layer].HasMlp ? RefittedBlock.Read(RefittedBlock.MlpPath(folder, layer), source) : null;

        IEnumerable<(string Name, int Layer, string Path)> Blocks()
        {
            for (var layer = 0; layer < config.Layers.Count; layer++)
            {
                if (config.Layers[layer].HasAttention)
                    yield return (RefitStep.AttentionName(layer), layer, RefittedBlock.AttentionPath(folder, layer));
                if (config.Layers[layer].HasMlp)
                    yield return (RefitStep.MlpName(layer), layer, RefittedBlock.MlpPath(folder, layer));
            }
        }

        static IEnumerable<RaisedDamping> Raised(string name, Damping output, Damping input) =>
            new[] { input.Raised(InputMap.NameBefore(name)), output.Raised(name) }.OfType<RaisedDamping>();

        LayerWeights Small(int layer)
        {
            var (full, kept) = (dense.ReadLayer(layer), new KeptBlocks(layer, config.Layers[layer], sets));
            return OutputBiases.Complete(config, full with
            {
                Attention = Attention(layer)?.Of(full.Attention!, kept.Heads!, threads),
                Mlp = Mlp(layer)?.Of(full.Mlp!, kept.Channels!, threads),
            });
        }

        LayerWeights Mapped(int layer)
        {
            var full = dense.ReadLayer(layer);
            return full with
            {
                Attention = full.Attention is { } attention ? InputMap.Fold(attention, Attention(layer)?.Input, threads) : null,
                Mlp = full.Mlp is { } mlp ? InputMap.Fold(mlp, Mlp(layer)?.Input, threads) : null,
            };
        }
    }
}
