using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline;

/// <summary>Checks of the settings that need the model.</summary>
internal static class WorkloadCheck
{
    public static void Require(PruneSettings settings, ModelConfig config)
    {
        RequireWithin("`Window`", settings.Window, config);
        RequireWithin("`Workload.Prompt`", settings.Workload.Prompt, config);
        RequireWithin("the step after `Workload.Context`", settings.Workload.Context + 1L, config);
        if (settings.Provider == ServingProvider.Cpu)
            _ = HostLogits.Count(settings.Workload.Batch, settings.Workload.Prompt, config.VocabSize);
        if (settings.Affine && config.NormsBehind)
        {
            throw new BadInputException(
                $"Affine refits find biases of output projections, which a {config.Family} has norms behind, and none are found there; set Affine to false");
        }

        if (config.QkNormAcrossHeads && settings.Method is not PlannedMethod { Plan.KeepsHeads: true })
        {
            throw new BadInputException($"the norm of queries and keys of a {config.Family} spans all heads, so that none can be removed, and method "
                + $"{settings.Method.Name} removes heads; take {PruningMethod.Default.Name}");
        }

        if (settings.Target.Metric.IsLatency())
            ScratchFolder.Require();
    }

    /// <summary>Tokens generated after the prompt, for the mixed metric: those that bring the cache to the context.</summary>
    public static int GeneratedTokens(Workload workload) => Math.Max(1, workload.Context - workload.Prompt);

    private static void RequireWithin(string option, long positions, ModelConfig config)
    {
        if (positions > config.MaxPositions)
            throw new BadInputException($"{option} needs {positions} positions but the model was made for {config.MaxPositions}; give less");
    }
}
