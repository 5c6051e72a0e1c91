using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads rotary settings in all spellings: <c>rope_theta</c> with <c>rope_scaling</c> (transformers 4), and <c>rope_parameters</c>
/// with theta inside (transformers 5), flat or once for every type of layer.</summary>
internal static class RopeKeys
{
    private const double MostTheta = 1e15;
    private const int MostPositions = 1 << 30;
    private const string KeepOne = "keep the one that the model was trained with", Part = "partial_rotary_factor", Parameters = "rope_parameters";

    /// <summary>The base of sliding layers, as transformers 4 spells it (Gemma 3).</summary>
    public const string LocalTheta = "rope_local_base_freq";

    /// <summary>The keys by which a family turns a part of each head.</summary>
    public static IReadOnlyList<string> Partial { get; } = [Part];

    /// <param name="headDim">The width of a head.</param>
    /// <param name="positions">max_position_embeddings.</param>
    public static RotarySettings Read(ConfigFields fields, ModelFamily family, int headDim, int positions)
    {
        var around = new Surroundings(fields, family, positions);
        Settings? parameters = Of(around, Parameters), scaling = Of(around, "rope_scaling");
        if (parameters is not null && scaling is not null && parameters.Scaling != scaling.Scaling)
            throw fields.Bad("rope_parameters and rope_scaling disagree", KeepOne);
        double? outside = Theta(fields);
        double theta = parameters?.Theta ?? outside ?? family.DefaultRopeTheta;
        if (outside is not null && outside != theta)
            throw fields.Bad($"rope_theta is {outside} and rope_parameters.rope_theta {theta}", KeepOne);
        // transformers 4 does not look for theta in there, transformers 5 does.
        if (scaling?.Theta is { } inside && inside != theta)
            throw fields.Bad($"rope_scaling.rope_theta is {inside} and rope_theta {theta}", KeepOne);
        Settings? used = parameters ?? scaling;
        // Where both are there, versions of transformers take the one or the other.
        if (RopeScalingKeys.OriginalPositions(used?.Scaling) is { } own && fields.Raw("original_max_position_embeddings") is not null
            && fields.Int("original_max_position_embeddings", 1, MostPositions) is var original && original != own)
            throw fields.Bad($"original_max_position_embeddings is {original} and rope scaling's own {own}", KeepOne);
        if (used?.Scaling is YarnScaling && theta <= 1)
            throw fields.Bad("rope_theta is 1, of which yarn takes the logarithm for a divisor", "set it to the base that the model was trained with");
        return new(theta, Width(fields, [parameters?.Share, scaling?.Share], headDim, used?.Scaling), used?.Scaling, used?.Positions ?? positions,
            Local(fields, family, theta, [parameters?.Local, scaling?.Local]));
    }

    /// <summary>The object of a scaling, as transformers 4 and 5 read it.</summary>
    public static System.Text.Json.Nodes.JsonObject? Write(RopeScaling? scaling) => RopeScalingKeys.Write(scaling);

    /// <param name="theta">Of the other layers.</param>
    private static double? Local(ConfigFields fields, ModelFamily family, double theta, double?[] inside)
    {
        if (family.SlidingUnscaled)
            return inside.OfType<double>().Where(local => local != theta).Select(local => (double?)local).FirstOrDefault() is not { } other ? theta
                : throw fields.Bad($"sliding layers turn by theta {other} and the others by {theta}, which is not supported for a {family.Name}",
                    "use a model whose layers turn by one base");
        if (family.DefaultLocalTheta is not { } usual)
            return null;
        double?[] bases = [fields.Raw(LocalTheta) is null ? null : fields.Double(LocalTheta, 1, MostTheta), .. inside];
        double[] given = [.. bases.OfType<double>().Distinct()];
        return given.Length <= 1
            ? given.FirstOrDefault(usual)
            : throw fields.Bad($"{LocalTheta} is {given[0]} and, inside the rope object, {given[1]}", KeepOne);
    }

    private static int Width(ConfigFields fields, double?[] inside, int headDim, RopeScaling? scaling)
    {
        double?[] shares = [fields.Raw(Part) is null ? null : fields.Double(Part, 0, 1), .. inside];
        double[] given = [.. shares.OfType<double>().Distinct()];
        if (given.Length > 1)
            throw fields.Bad($"{Part} is {given[0]} and, inside the rope object, {given[1]}", KeepOne);
        // Cut off, as transformers does.
        int width = given.Length == 0 ? headDim : (int)(headDim * given[0]);
        if (width < 2 || width % 2 != 0)
            throw fields.Bad($"{Part} turns {width} elements of a head where rotary embedding turns pairs", "set it to the checkpoint's own share");
        if (scaling is LongRopeScaling { ShortFactors.Count: var few, LongFactors.Count: var many } && (few != width / 2 || many != width / 2))
            throw fields.Bad($"short_factor has {few} and long_factor {many} numbers where {width / 2} pairs turn", "give one number for each pair");
        return width;
    }

    /// <summary>Null where the key is missing, null or an empty object.</summary>
    private static Settings? Of(Surroundings around, string key)
    {
        var fields = around.Fields;
        if (fields.Object(key) is not { } rope || !rope.Given.Any())
            return null;
        string[] nested = [.. rope.Given.Where(name => rope.Raw(name)!.Value.ValueKind == System.Text.Json.JsonValueKind.Object)];
        if (nested.Length == 0)
            return Of(rope, around) is { Scaling: not null } && around.Family.SlidingUnscaled && key == Parameters
                ? throw fields.Bad($"{key} scales rotation for no type of layer by name, and releases of transformers disagree on which layers of a "
                    + $"{around.Family.Name} that is", "give its settings under full_attention, and those of sliding_attention without scaling")
                : Of(rope, around);
        if (rope.Given.Except(nested).FirstOrDefault() is { } flat)
            throw fields.Bad($"{key} has settings for all layers ({CheckpointErrors.Quote(flat)}) beside those for one type ({CheckpointErrors.Quote(nested[0])})",
                "give one or the other");
        return !around.Family.TurnsLocally ? OfTypes(around, key, rope, nested) : OfGlobalAndLocal(around, key, rope);
    }

    /// <summary>Sliding layers turn by a base of their own, and all others by the settings for full attention.</summary>
    private static Settings OfGlobalAndLocal(Surroundings around, string key, ConfigFields rope)
    {
        Settings Named(string type) => rope.Object(type) is { } settings ? Of(settings, around)
            : throw around.Fields.Bad($"{key} has nothing for layers of type {CheckpointErrors.Quote(type)}", "add their settings");
        Settings global = Named("full_attention"), local = Named("sliding_attention");
        return local.Scaling is null
            ? global with { Local = local.Theta }
            : throw around.Fields.Bad($"{key} scales the frequencies of sliding layers, which is not supported", "use a model that leaves them as they are");
    }

    /// <summary>One rotation turns all layers here, so the types of layer that the model has must agree.</summary>
    private static Settings OfTypes(Surroundings around, string key, ConfigFields rope, string[] nested)
    {
        var fields = around.Fields;
        string[] used = [.. (fields.Strings("layer_types") ?? ["full_attention", .. nested]).Distinct()];
        Settings? common = null;
        foreach (string type in used)
        {
            if (!nested.Contains(type))
                throw fields.Bad($"{key} has nothing for layers of type {CheckpointErrors.Quote(type)}", "add their settings");
            Settings settings = Of(rope.Object(type)!, around);
            if (common is not null && settings != common)
                throw fields.Bad($"{key} turns layers of type {CheckpointErrors.Quote(used[0])} otherwise than {CheckpointErrors.Quote(type)}, which is not supported",
                    "use a model whose layers all turn alike");
            common = settings;
        }

        return common ?? throw fields.Bad($"layer_types is empty where {key} has settings for types of layer", "name the type of every layer");
    }

    private static Settings Of(ConfigFields rope, Surroundings around)
    {
        RopeScaling? scaling = RopeScalingKeys.Read(rope, around.Fields, around.Family, around.Positions);
        double? share = rope.Raw(Part) is null ? null : rope.Double(Part, 0, 1);
        if (share is not null and not 1 && !around.Family.PartialRotary)
            throw rope.Bad($"{rope.Name(Part)} is not 1 and rotating part of a head is not supported for a {around.Family.Name}",
                "use a model that rotates whole heads");
        return new Settings(Theta(rope), share, scaling, RopeScalingKeys.Positions(rope, scaling, around.Positions));
    }

    private static double? Theta(ConfigFields fields) => fields.Raw("rope_theta") is null ? null : fields.Double("rope_theta", 1, MostTheta);

    /// <summary>The config around a rope object.</summary>
    private sealed record Surroundings(ConfigFields Fields, ModelFamily Family, int Positions);

    /// <summary>The values of one rope object.</summary>
    /// <param name="Local">The base of sliding layers where the object has one for them.</param>
    private sealed record Settings(double? Theta, double? Share, RopeScaling? Scaling, int Positions, double? Local = null);
}
