using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Cli.Engine;

/// <summary>What a checkpoint is, from its configuration and its files.</summary>
internal static class ModelInspection
{
    public static ModelFacts Run(string path)
    {
        using var model = DecoderModel.Open(path);
        var config = model.Config;
        var size = ModelSize.Of(config);
        var scaling = config.RopeScaling is { } rope ? $"llama3 scaling by {rope.Factor:0.##}" : null;
        return new ModelFacts(
            config.Family, config.HiddenSize, config.HeadDim, config.VocabSize, config.MaxPositions, config.TiedEmbeddings, config.RopeTheta, scaling,
            size.Total, size.Prunable, model.StoredBytes, (double)size.Head / size.Total, model.Tokenizer?.Format.ToString(),
            [.. config.Layers.Select(layer => new LayerFacts(layer.KvHeads, layer.QueryHeads, layer.Ffn))]);
    }
}
