using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes what a config says of experts: their number and width, how many a token passes, how their weights are made, and which layers have
/// them.</summary>
internal static class ExpertKeys
{
    private const string PerToken = "num_experts_per_tok", Normalized = "norm_topk_prob", Dense = "mlp_only_layers", Step = "decoder_sparse_step",
        Width = "intermediate_size";

    // transformers 5 takes either for the other and writes the second; transformers 4 has the first in qwen3_moe and the second in mixtral.
    private static readonly string[] Counts = ["num_experts", "num_local_experts"];

    // DeepSeek-V3 has 256 experts a layer, and Kimi K2 384: this only keeps nonsense out.
    private const int MostExperts = 1 << 14, MostWidth = 1 << 20;

    /// <summary>The config with experts, whose layers have <c>intermediate_size</c> channels so far; unchanged where the family has none.</summary>
    public static ModelConfig Read(ConfigFields fields, ModelFamily family, ModelConfig config)
    {
        if (family.Experts is not { } rule)
            return config;
        int count = Count(fields) ?? rule.DefaultCount, perToken = fields.Int(PerToken, 1, MostExperts, rule.DefaultPerToken);
        if (perToken > count)
            throw fields.Bad($"{PerToken} is {perToken} where there are {count} experts", $"set it to at most {count}");
        int width = rule.WidthKey is { } key ? fields.Int(key, 1, MostWidth, rule.DefaultWidth) : fields.Int(Width, 1, MostWidth);
        if ((long)count * width * config.HiddenSize > Array.MaxLength)
        {
            throw fields.Bad($"{rule.CountKey} × expert width × hidden_size is {(long)count * width * config.HiddenSize} values where one matrix may have at "
                + $"most {Array.MaxLength}", "check the sizes in the config");
        }
        var kind = new MlpKind { ExpertWidth = width, PerToken = perToken, Normalized = rule.WidthKey is null || fields.Bool(Normalized, false) };
        bool[] routed = Routed(fields, rule, config.Layers.Count);
        return config with
        {
            Mlp = [.. routed.Select(has => has ? kind : default)],
            Layers = [.. config.Layers.Select((layer, index) => routed[index] ? layer with { Ffn = count * width } : layer)],
        };
    }

    /// <summary>Adds the keys; <c>intermediate_size</c> is that of layers without experts, or an expert's where the family has no other key.</summary>
    public static void Write(JsonObject keys, ModelConfig config, ModelFamily family)
    {
        if (family.Experts is not { } rule)
            return;
        int[] routed = [.. Enumerable.Range(0, config.Layers.Count).Where(layer => config.MlpOf(layer).IsRouted)];
        int[] dense = [.. Enumerable.Range(0, config.Layers.Count).Except(routed)];
        // The widest and the most; where layers differ, our own section says so.
        MlpKind kind = routed.Select(config.MlpOf).DefaultIfEmpty().MaxBy(one => one.ExpertWidth);
        // A key may not be 0: where every block of experts is gone, as many as a token passes stand for them.
        keys[rule.CountKey] = Math.Max(kind.PerToken, routed.Select(layer => config.MlpOf(layer).Experts(config.Layers[layer].Ffn)).DefaultIfEmpty().Max());
        keys[PerToken] = kind.PerToken;
        keys[Width] = rule.WidthKey is null ? kind.ExpertWidth : Math.Max(1, dense.Select(layer => config.Layers[layer].Ffn).DefaultIfEmpty().Max());
        if (rule.WidthKey is not { } width)
            return;
        keys[width] = kind.ExpertWidth;
        keys[Normalized] = kind.Normalized;
        keys[Step] = 1;
        keys[Dense] = new JsonArray([.. dense.Select(layer => JsonValue.Create(layer))]);
    }

    /// <summary>The keys that are read for a family with experts.</summary>
    public static IEnumerable<string> Keys => Counts;

    /// <summary>The number of experts by either name; null where none is given.</summary>
    private static int? Count(ConfigFields fields)
    {
        string[] given = [.. Counts.Where(key => fields.Raw(key) is not null)];
        int[] counts = [.. given.Select(key => fields.Int(key, 1, MostExperts))];
        return counts.Distinct().Count() <= 1 ? counts.Cast<int?>().FirstOrDefault()
            : throw fields.Bad($"{given[0]} is {counts[0]} and {given[1]} {counts[1]}", "keep the one that the model was trained with");
    }

    /// <summary>A layer has experts unless it is listed, or its number, from 1, is no multiple of the step.</summary>
    private static bool[] Routed(ConfigFields fields, ExpertRule rule, int layers)
    {
        if (!rule.SomeLayers)
            return [.. Enumerable.Repeat(true, layers)];
        int step = fields.Int(Step, 1, int.MaxValue, 1);
        IReadOnlyList<int> dense = fields.Ints(Dense, int.MaxValue) ?? [];
        bool[] routed = [.. Enumerable.Range(0, layers).Select(layer => !dense.Contains(layer) && (layer + 1) % step == 0)];
        return routed.Contains(true) ? routed
            : throw fields.Bad($"{Dense} and {Step} leave no layer with experts", "correct them, or use a checkpoint of qwen3 where there are none");
    }
}
