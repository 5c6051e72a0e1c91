using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Finds the family of a config.json from <c>model_type</c> and <c>architectures</c>.</summary>
internal static class FamilyKey
{
    public static ModelFamily Read(ConfigFields fields)
    {
        string? type = fields.String("model_type");
        IReadOnlyList<string> architectures = fields.Strings("architectures") ?? [];
        bool ours = type == ForgePruneKeys.ModelType;
        if (ours)
            type = ForgePruneKeys.FamilyName(fields);
        ModelFamily? family = type is null
            ? ModelFamilies.All.FirstOrDefault(f => Names(f, architectures))
            : ModelFamilies.Find(type);
        if (family is null)
            throw fields.Bad(
                (type, architectures) switch
                {
                    (not null, _) => $"{fields.Name("model_type")} {CheckpointErrors.Quote(type)} is not supported",
                    (null, []) => "neither model_type nor architectures says what the model is",
                    _ => $"{fields.Name("architecture")} {CheckpointErrors.Quote(architectures[0])} is not supported",
                },
                $"use a checkpoint of one of the families {ModelFamilies.Names}");
        if (architectures.Count > 0 && !Names(family, architectures) && !(ours && architectures.Contains(TrainerClasses.Model)))
            throw fields.Bad($"{fields.Name("architecture")} {CheckpointErrors.Quote(architectures[0])} of model_type {family.Name} is not supported",
                $"use a checkpoint of {family.Architecture}");
        return family;
    }

    private static bool Names(ModelFamily family, IReadOnlyList<string> architectures) =>
        architectures.Contains(family.Architecture) || architectures.Contains(family.BaseArchitecture);
}
