using System.Globalization;
using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes one rope object of config.json, by its type.</summary>
internal static class RopeScalingKeys
{
    private const double Most = 1e6;
    private const int MostPositions = 1 << 30;
    private const string KeepOne = "keep the one that the model was trained with", Original = "original_max_position_embeddings";

    private static readonly string[] Common = ["rope_type", "type", "rope_theta", "partial_rotary_factor"];

    /// <summary>The keys of each type beside the common ones. Those of llama3 are let pass without a type, where they do nothing.</summary>
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["default"] = ["factor", "low_freq_factor", "high_freq_factor", Original],
        ["llama3"] = ["factor", "low_freq_factor", "high_freq_factor", Original],
        ["linear"] = ["factor", Original],
        ["dynamic"] = ["factor", Original],
        ["yarn"] = ["factor", Original, "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"],
        ["longrope"] = ["factor", Original, "short_factor", "long_factor", "attention_factor"],
    };

    /// <param name="rope">The object.</param>
    /// <param name="outside">The config around it.</param>
    /// <param name="positions">max_position_embeddings.</param>
    public static RopeScaling? Read(ConfigFields rope, ConfigFields outside, ModelFamily family, int positions)
    {
        string kind = Kind(rope, family);
        foreach (string name in rope.Given.Except(Common).Except(Known[kind]))
            throw rope.Bad($"{CheckpointErrors.Quote(rope.Name(name))} is not known to rope scaling {CheckpointErrors.Quote(kind)}",
                "remove it if the model was trained without it");
        return kind switch
        {
            "llama3" => Llama3(rope),
            "linear" => new LinearScaling(Factor(rope)),
            "dynamic" => new DynamicScaling(Factor(rope)),
            "yarn" => Yarn(rope, positions),
            "longrope" => LongRope(rope, outside, family, positions),
            _ => Unscaled(rope),
        };
    }

    /// <summary>The positions that a scaling's frequencies hold for.</summary>
    /// <param name="rope">Null where there is none.</param>
    public static int Positions(ConfigFields? rope, RopeScaling? scaling, int positions) => scaling switch
    {
        LongRopeScaling of => Math.Min(positions, of.OriginalMaxPositions),
        DynamicScaling when rope?.Raw(Original) is not null => Math.Min(positions, rope.Int(Original, 1, MostPositions)),
        _ => positions,
    };

    /// <summary>The positions before the context was extended, where a scaling has them.</summary>
    public static int? OriginalPositions(RopeScaling? scaling) => scaling switch
    {
        Llama3Scaling of => of.OriginalMaxPositions,
        YarnScaling of => of.OriginalMaxPositions,
        LongRopeScaling of => of.OriginalMaxPositions,
        _ => null,
    };

    public static JsonObject? Write(RopeScaling? scaling)
    {
        if (scaling is null)
            return null;
        var keys = new JsonObject { ["rope_type"] = scaling.Type };
        switch (scaling)
        {
            case LinearScaling of:
                keys["factor"] = of.Factor;
                break;
            case DynamicScaling of:
                keys["factor"] = of.Factor;
                break;
            case Llama3Scaling of:
                keys["factor"] = of.Factor;
                keys["low_freq_factor"] = of.LowFreqFactor;
                keys["high_freq_factor"] = of.HighFreqFactor;
                keys[Original] = of.OriginalMaxPositions;
                break;
            case YarnScaling of:
                keys["factor"] = of.Factor;
                keys[Original] = of.OriginalMaxPositions;
                keys["beta_fast"] = of.BetaFast;
                keys["beta_slow"] = of.BetaSlow;
                AddIfThere(keys, "attention_factor", of.AttentionFactor);
                AddIfThere(keys, "mscale", of.Mscale);
                AddIfThere(keys, "mscale_all_dim", of.MscaleAllDim);
                if (!of.Truncate)
                    keys["truncate"] = false;
                break;
            case LongRopeScaling of:
                keys["short_factor"] = List(of.ShortFactors);
                keys["long_factor"] = List(of.LongFactors);
                keys[Original] = of.OriginalMaxPositions;
                AddIfThere(keys, "attention_factor", of.AttentionFactor);
                break;
        }

        return keys;
    }

    private static string Kind(ConfigFields rope, ModelFamily family)
    {
        // "type" is the spelling of configs before Llama 3.1.
        string? now = rope.String("rope_type"), before = rope.String("type");
        if (now is not null && before is not null && now != before)
            throw rope.Bad($"{rope.Name("rope_type")} is {CheckpointErrors.Quote(now)} and {rope.Name("type")} {CheckpointErrors.Quote(before)}", KeepOne);
        string kind = now ?? before ?? "default";
        if (family.LongRopeNames.Contains(kind))
            return "longrope";
        return Known.ContainsKey(kind) ? kind : throw rope.Bad(
            $"rope scaling {CheckpointErrors.Quote(kind)} is not supported (linear, dynamic, yarn, longrope and llama3 are)",
            "use a checkpoint with one of them or none");
    }

    private static double Factor(ConfigFields rope) => rope.Double("factor", 1, Most);

    private static double? Optional(ConfigFields rope, string key) => rope.Raw(key) is null ? null : rope.Double(key, 0, Most);

    private static Llama3Scaling Llama3(ConfigFields rope)
    {
        double low = rope.Double("low_freq_factor", 1e-6, Most), high = rope.Double("high_freq_factor", 1e-6, Most);
        return low < high
            ? new Llama3Scaling(Factor(rope), low, high, rope.Int(Original, 1, MostPositions))
            : throw rope.Bad($"rope scaling has low_freq_factor {low} and high_freq_factor {high}", "set the low factor below the high one");
    }

    private static YarnScaling Yarn(ConfigFields rope, int positions)
    {
        var scaling = new YarnScaling(Factor(rope), rope.Int(Original, 1, MostPositions, positions))
        {
            // transformers takes zero for missing.
            BetaFast = rope.Double("beta_fast", 0, Most, 0) is var fast && fast == 0 ? 32 : fast,
            BetaSlow = rope.Double("beta_slow", 0, Most, 0) is var slow && slow == 0 ? 1 : slow,
            Truncate = rope.Bool("truncate", true),
            AttentionFactor = Optional(rope, "attention_factor"),
            Mscale = Optional(rope, "mscale"),
            MscaleAllDim = Optional(rope, "mscale_all_dim"),
        };
        return scaling.BetaSlow <= scaling.BetaFast
            ? scaling
            : throw rope.Bad($"rope scaling has beta_fast {scaling.BetaFast} and beta_slow {scaling.BetaSlow}",
                "set the slow one to no more than the fast one");
    }

    private static LongRopeScaling LongRope(ConfigFields rope, ConfigFields outside, ModelFamily family, int positions)
    {
        int original = rope.Raw(Original) is null
            ? outside.Int(Original, 1, MostPositions, family.DefaultOriginalPositions) : rope.Int(Original, 1, MostPositions);
        if (original == 1 && positions > 1)
            throw rope.Bad($"{Original} is 1, of which longrope takes the logarithm for a divisor",
                "set it to the positions that the model was first trained for");
        if (rope.Raw("factor") is not null && Factor(rope) is var factor && factor != (double)positions / original)
            throw rope.Bad(string.Create(CultureInfo.InvariantCulture,
                $"{rope.Name("factor")} is {factor} and max_position_embeddings / {Original} {(double)positions / original}"), KeepOne);
        return new(Divisors("short_factor"), Divisors("long_factor"), original, positions) { AttentionFactor = Optional(rope, "attention_factor") };

        IReadOnlyList<double> Divisors(string key) => rope.Doubles(key, 1e-6, Most)
            ?? throw rope.Bad($"{rope.Name(key)} is missing", "add it as a list of one number for each pair that turns");
    }

    private static RopeScaling? Unscaled(ConfigFields rope) => rope.Double("factor", 1, Most, 1) is var factor && factor == 1
        ? null
        : throw rope.Bad($"{rope.Name("factor")} is {factor} and no rope_type says how it scales", "name the rope_type that the model was trained with");

    private static void AddIfThere(JsonObject keys, string key, double? value)
    {
        if (value is not null)
            keys[key] = value;
    }

    private static JsonArray List(IReadOnlyList<double> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
