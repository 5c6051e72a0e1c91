using ForgePrune.Checkpoints;
using ForgePrune.Errors;

namespace ForgePrune.Serving;

/// <summary>How many positions a model has: its config says so before anything is loaded, and no sequence may be longer.</summary>
public static class ModelPositions
{
    /// <param name="runtime">Whose exported folders are known.</param>
    /// <param name="path">A checkpoint or an exported folder.</param>
    /// <param name="needed">The longest sequence that is asked for.</param>
    /// <param name="what">What needs it, with its value, such as "a prompt of 9 tokens".</param>
    /// <exception cref="BadInputException">The model has fewer.</exception>
    public static void Require(IServingRuntime runtime, string path, long needed, string what)
    {
        if (Of(runtime, path) is { } positions && needed > positions)
            throw new BadInputException($"{what} needs {needed} positions and {path} has {positions}; ask for less");
    }

    /// <returns>Null where an exported folder does not say.</returns>
    private static int? Of(IServingRuntime runtime, string path)
    {
        if (runtime.IsExported(path))
            return runtime.ReadFacts(path).Positions;
        using var model = DecoderModel.Open(path);
        return model.Config.MaxPositions;
    }
}
