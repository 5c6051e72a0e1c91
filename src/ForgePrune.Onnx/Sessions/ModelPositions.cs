using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;

namespace ForgePrune.Onnx.Sessions;

/// <summary>How many positions a model has: its config says so before anything is loaded, and no sequence may be longer.</summary>
public static class ModelPositions
{
    /// <param name="path">A checkpoint or an exported folder.</param>
    /// <param name="needed">The longest sequence that is asked for.</param>
    /// <param name="what">What needs it, with its value, such as "a prompt of 9 tokens".</param>
    /// <exception cref="BadInputException">The model has fewer.</exception>
    public static void Require(string path, long needed, string what)
    {
        if (Of(path) is { } positions && needed > positions)
            throw new BadInputException($"{what} needs {needed} positions and {path} has {positions}; ask for less");
    }

    /// <returns>Null where an exported folder does not say.</returns>
    private static int? Of(string path)
    {
        if (ServedModel.IsExported(path))
            return GenAiConfig.ReadPositions(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var model = DecoderModel.Open(path);
        return model.Config.MaxPositions;
    }
}
