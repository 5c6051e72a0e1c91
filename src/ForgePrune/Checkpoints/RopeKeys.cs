using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads rotary settings in both spellings: <c>rope_theta</c> with <c>rope_scaling</c> (transformers 4), and <c>rope_parameters</c>
/// with theta inside (transformers 5).</summary>
internal static class RopeKeys
{
    private const double MostTheta = 1e15;
    private const int MostPositions = 1 << 30;

    public static (double Theta, RopeScaling? Scaling) Read(ConfigFields fields, ModelFamily family)
    {
        ConfigFields? parameters = fields.Object("rope_parameters"), scaling = fields.Object("rope_scaling");
        if (parameters is not null && scaling is not null && Scaling(parameters) != Scaling(scaling))
            throw fields.Bad("rope_parameters and rope_scaling disagree", "keep the one that the model was trained with");
        double? inside = parameters?.Has("rope_theta") == true ? parameters.Double("rope_theta", 1, MostTheta) : null;
        double? outside = fields.Has("rope_theta") ? fields.Double("rope_theta", 1, MostTheta, family.DefaultRopeTheta) : null;
        if (inside is not null && outside is not null && inside != outside)
            throw fields.Bad($"rope_theta is {outside} and rope_parameters.rope_theta {inside}", "keep the one that the model was trained with");
        ConfigFields? rope = parameters ?? scaling;
        return (inside ?? outside ?? family.DefaultRopeTheta, rope is null ? null : Scaling(rope));
    }

    private static RopeScaling? Scaling(ConfigFields rope)
    {
        // "type" is the spelling of configs before Llama 3.1.
        string kind = rope.String("rope_type") ?? rope.String("type") ?? "default";
        if (kind == "default")
            return null;
        if (kind != "llama3")
            throw rope.Bad($"rope scaling {CheckpointErrors.Quote(kind)} is not supported (linear, dynamic, yarn and longrope are not, llama3 is)",
                "use a checkpoint without rope scaling or with llama3's");
        double low = rope.Double("low_freq_factor", 1e-6, 1e6), high = rope.Double("high_freq_factor", 1e-6, 1e6);
        return low < high
            ? new RopeScaling(rope.Double("factor", 1, 1e6), low, high, rope.Int("original_max_position_embeddings", 1, MostPositions))
            : throw rope.Bad($"rope scaling has low_freq_factor {low} and high_freq_factor {high}", "set the low factor below the high one");
    }
}
