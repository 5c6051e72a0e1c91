using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Cli.Engine;

/// <summary>What a checkpoint is, from its configuration and its files.</summary>
internal static class ModelInspection
{
    public static ModelFacts Run(string path)
    {
        if (FamilyFacts.OfRefused(path) is { } refused)
            return new ModelFacts(refused.Family, 0, 0, 0, 0, false, 0, null, 0, 0, 0, 0, null, []) { Support = refused };
        using var model = DecoderModel.Open(path);
        var config = model.Config;
        var size = ModelSize.Of(config);
        return new ModelFacts(
            config.Family, config.HiddenSize, config.HeadDim, config.VocabSize, config.MaxPositions, config.TiedEmbeddings, config.RopeTheta, Rope(config),
            size.Total, size.Prunable, model.StoredBytes, (double)size.Head / size.Total, model.Tokenizer?.Format.ToString(),
            [.. config.Layers.Select((layer, index) => new LayerFacts(layer.KvHeads, layer.QueryHeads, layer.Ffn,
                config.MlpOf(index) is { IsRouted: true } kind ? kind.Experts(layer.Ffn) : null))])
        {
            Support = FamilyFacts.Of(config.Family),
            LeftOut = model.LeftOut,
            Attention = Kinds(config),
            Experts = Experts(config),
            Factors = Factors(config),
        };
    }

    private static string? Rope(ModelConfig config)
    {
        var part = config.RotaryDim is { } width ? $"{width} of {config.HeadDim} elements turn" : null;
        var scaling = config.RopeScaling switch
        {
            null => null,
            LongRopeScaling rope => $"longrope, read for the first {rope.OriginalMaxPositions} of {rope.ExtendedMaxPositions} positions",
            DynamicScaling => "dynamic scaling, read for the positions before it begins",
            var rope => $"{rope.Type} scaling",
        };
        return part is null || scaling is null ? part ?? scaling : $"{part}, {scaling}";
    }

    /// <summary>Layers whose attention is not the usual one; null for none.</summary>
    private static string? Kinds(ModelConfig config)
    {
        var unrotated = Enumerable.Range(0, config.Layers.Count).Where(layer => config.KindOf(layer).Unrotated).ToArray();
        var windows = Enumerable.Range(0, config.Layers.Count).Where(layer => config.KindOf(layer).Window > 0)
            .GroupBy(layer => config.KindOf(layer).Window).Select(layers => $"{layers.Count()} layers see {layers.Key} positions");
        var locals = Enumerable.Range(0, config.Layers.Count).Where(layer => config.KindOf(layer).Local).ToArray();
        string[] parts =
        [
            .. unrotated.Length == 0 ? [] : (string[])[$"layers {string.Join(", ", unrotated)} do not rotate"], .. windows,
            .. locals.Length == 0 ? []
                : (string[])[string.Create(CultureInfo.InvariantCulture, $"{locals.Length} layers turn by theta {config.LocalRopeTheta:0.##}")],
        ];
        return parts.Length == 0 ? null : string.Join("; ", parts);
    }

    private static string? Experts(ModelConfig config)
    {
        string[] kinds = [.. Enumerable.Range(0, config.Layers.Count).Select(config.MlpOf).Where(kind => kind.IsRouted).Distinct().Select(kind =>
            $"{kind.ExpertWidth} channels each, {kind.PerToken} for a token, weights "
                + (kind.Normalized ? "divided by their sum" : "as the softmax gives them"))];
        return kinds.Length == 0 ? null : string.Join("; ", kinds);
    }

    private static string? Factors(ModelConfig config) => config is { EmbeddingScale: 1, AttentionScale: null, ResidualScale: 1, LogitDivisor: 1 } ? null
        : string.Create(CultureInfo.InvariantCulture, $"embedding {config.EmbeddingScale:0.####}, scores {config.QueryScale:0.######}, ")
            + string.Create(CultureInfo.InvariantCulture, $"blocks {config.ResidualScale:0.####}, logits 1/{config.LogitDivisor:0.####}")
            + (config.ScoreCap is { } scores ? string.Create(CultureInfo.InvariantCulture, $", scores within {scores:0.####}") : "")
            + (config.LogitCap is { } logits ? string.Create(CultureInfo.InvariantCulture, $", logits within {logits:0.####}") : "");
}
