using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads rotary settings in all spellings: <c>rope_theta</c> with <c>rope_scaling</c> (transformers 4), and <c>rope_parameters</c>
/// with theta inside (transformers 5), flat or once for every type of layer.</summary>
internal static class RopeKeys
{
    private const double MostTheta = 1e15;
    private const int MostPositions = 1 << 30;
    private const string KeepOne = "keep the one that the model was trained with";

    private static readonly string[] Known =
        ["rope_type", "type", "rope_theta", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings", "partial_rotary_factor"];

    public static (double Theta, RopeScaling? Scaling) Read(ConfigFields fields, ModelFamily family)
    {
        Settings? parameters = Of(fields, "rope_parameters"), scaling = Of(fields, "rope_scaling");
        if (parameters is not null && scaling is not null && parameters.Scaling != scaling.Scaling)
            throw fields.Bad("rope_parameters and rope_scaling disagree", KeepOne);
        double? outside = Theta(fields);
        double theta = parameters?.Theta ?? outside ?? family.DefaultRopeTheta;
        if (outside is not null && outside != theta)
            throw fields.Bad($"rope_theta is {outside} and rope_parameters.rope_theta {theta}", KeepOne);
        // transformers 4 does not look for theta in there, transformers 5 does.
        if (scaling?.Theta is { } inside && inside != theta)
            throw fields.Bad($"rope_scaling.rope_theta is {inside} and rope_theta {theta}", KeepOne);
        RopeScaling? result = (parameters ?? scaling)?.Scaling;
        // Where both are there, versions of transformers take the one or the other.
        if (result is not null && fields.Raw("original_max_position_embeddings") is not null
            && fields.Int("original_max_position_embeddings", 1, MostPositions) is var original && original != result.OriginalMaxPositions)
            throw fields.Bad($"original_max_position_embeddings is {original} and rope scaling's own {result.OriginalMaxPositions}", KeepOne);
        return (theta, result);
    }

    /// <summary>Null where the key is missing, null or an empty object.</summary>
    private static Settings? Of(ConfigFields fields, string key)
    {
        if (fields.Object(key) is not { } rope || !rope.Given.Any())
            return null;
        string[] nested = [.. rope.Given.Where(name => rope.Raw(name)!.Value.ValueKind == System.Text.Json.JsonValueKind.Object)];
        if (nested.Length == 0)
            return Of(rope);
        if (rope.Given.Except(nested).FirstOrDefault() is { } flat)
            throw fields.Bad($"{key} has settings for all layers ({CheckpointErrors.Quote(flat)}) beside those for one type ({CheckpointErrors.Quote(nested[0])})",
                "give one or the other");
        return OfTypes(fields, key, rope, nested);
    }

    /// <summary>One rotation turns all layers here, so the types of layer that the model has must agree.</summary>
    private static Settings OfTypes(ConfigFields fields, string key, ConfigFields rope, string[] nested)
    {
        string[] used = [.. (fields.Strings("layer_types") ?? ["full_attention", .. nested]).Distinct()];
        Settings? common = null;
        foreach (string type in used)
        {
            if (!nested.Contains(type))
                throw fields.Bad($"{key} has nothing for layers of type {CheckpointErrors.Quote(type)}", "add their settings");
            Settings settings = Of(rope.Object(type)!);
            if (common is not null && settings != common)
                throw fields.Bad($"{key} turns layers of type {CheckpointErrors.Quote(used[0])} otherwise than {CheckpointErrors.Quote(type)}, which is not supported",
                    "use a model whose layers all turn alike");
            common = settings;
        }

        return common ?? throw fields.Bad($"layer_types is empty where {key} has settings for types of layer", "name the type of every layer");
    }

    private static Settings Of(ConfigFields rope)
    {
        // "type" is the spelling of configs before Llama 3.1.
        string? now = rope.String("rope_type"), before = rope.String("type");
        if (now is not null && before is not null && now != before)
            throw rope.Bad($"{rope.Name("rope_type")} is {CheckpointErrors.Quote(now)} and {rope.Name("type")} {CheckpointErrors.Quote(before)}", KeepOne);
        string kind = now ?? before ?? "default";
        if (kind is not ("default" or "llama3"))
            throw rope.Bad($"rope scaling {CheckpointErrors.Quote(kind)} is not supported (linear, dynamic, yarn and longrope are not, llama3 is)",
                "use a checkpoint without rope scaling or with llama3's");
        foreach (string name in rope.Given.Except(Known))
            throw rope.Bad($"{CheckpointErrors.Quote(rope.Name(name))} is not known to rope scaling {CheckpointErrors.Quote(kind)}",
                "remove it if the model was trained without it");
        if (rope.Double("partial_rotary_factor", 0, 1, 1) != 1)
            throw rope.Bad($"{rope.Name("partial_rotary_factor")} is not 1 and rotating part of a head is not supported",
                "use a model that rotates whole heads");
        return new Settings(Theta(rope), kind == "llama3" ? Llama3(rope) : Unscaled(rope));
    }

    private static RopeScaling Llama3(ConfigFields rope)
    {
        double low = rope.Double("low_freq_factor", 1e-6, 1e6), high = rope.Double("high_freq_factor", 1e-6, 1e6);
        return low < high
            ? new RopeScaling(rope.Double("factor", 1, 1e6), low, high, rope.Int("original_max_position_embeddings", 1, MostPositions))
            : throw rope.Bad($"rope scaling has low_freq_factor {low} and high_freq_factor {high}", "set the low factor below the high one");
    }

    private static RopeScaling? Unscaled(ConfigFields rope) => rope.Double("factor", 1, 1e6, 1) is var factor && factor == 1
        ? null
        : throw rope.Bad($"{rope.Name("factor")} is {factor} and no rope_type says how it scales", "name the rope_type that the model was trained with");

    private static double? Theta(ConfigFields fields) => fields.Raw("rope_theta") is null ? null : fields.Double("rope_theta", 1, MostTheta);

    /// <summary>The values of one rope object.</summary>
    private sealed record Settings(double? Theta, RopeScaling? Scaling);
}
