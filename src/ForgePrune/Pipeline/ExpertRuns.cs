using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.Model;
using ForgePrune.Search;

namespace ForgePrune.Pipeline;

/// <summary>What a run on a model with experts is held to, before any work.</summary>
internal static class ExpertRuns
{
    /// <summary>The settings as they apply to the model. All layers keep equally many experts, and heads: stock classes and llama.cpp know no others.</summary>
    /// <exception cref="BadInputException">Something is asked for that models with experts do not get.</exception>
    public static PruneSettings Of(PruneSettings settings, ModelConfig dense)
    {
        if (!dense.HasExperts)
            return settings;
        if (dense.Layers.Select((_, layer) => dense.MlpOf(layer)).Distinct().Count() > 1 || dense.Layers.Distinct().Count() > 1)
            throw new BadInputException("models with experts are pruned where all layers are equal, and here layers differ; leave the model as it is");
        if (settings.Method.Name != PruningMethod.Default.Name)
            throw Refused($"`Method` {settings.Method.Name} knows no experts; leave it out");
        if (settings.Shapes == PlanShapes.Decilm)
            throw Refused("`Shapes` decilm has no place for experts; leave it out");
        if (settings.Recovery is not null)
            throw Refused("`Recovery` trains, and the backward pass knows no router; leave it out");
        if (settings.Polish == PolishChoice.On)
            throw Refused("`Polish` trains, and the backward pass knows no router; leave it out");
        if (settings.Affine)
            throw Refused("Affine refits add biases, and experts have none; set Affine to false");
        if (settings.Quantize is not null)
            throw Refused("`Quantize` finds no codes for experts; leave it out");
        if (settings.Gguf is { } type && GgufTypes.Codes(type) is not null)
            throw Refused($"`Gguf` {GgufTypes.Name(type)} finds its codes by error feedback, which experts do not get; take f32 or f16, or export the result");
        return settings with
        {
            Shapes = PlanShapes.Uniform,
            Polish = PolishChoice.Off,
            Method = settings.Shapes == PlanShapes.Uniform ? settings.Method : settings.Method.For(PlanShapes.Uniform)!,
        };
    }

    /// <summary>Refuses what several processes would share.</summary>
    /// <exception cref="BadInputException">The model has experts.</exception>
    public static void RequireOneProcess(ModelConfig dense)
    {
        if (dense.HasExperts)
            throw Refused("several processes do not share such a run; prune it in one");
    }

    private static BadInputException Refused(string why) => new($"the model has experts: {why}");
}
