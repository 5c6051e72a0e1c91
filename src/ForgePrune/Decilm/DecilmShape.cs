using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Decilm;

/// <summary>What the DeciLM classes (model type nemotron-nas) of vLLM, TensorRT-LLM, and MLX hold: Llama layers with one number of query heads, with KV heads
/// and FFN widths of their own, and without either block.</summary>
internal static class DecilmShape
{
    /// <summary>The classes read a width as a multiplier and round it up to a multiple of this.</summary>
    public const int FfnMultiple = 256;

    private const string Cure = "take the ONNX folder, or GGUF";

    /// <summary>The width of the file: further channels are zeros, which add nothing.</summary>
    public static int Padded(int ffn) => (ffn + FfnMultiple - 1) / FfnMultiple * FfnMultiple;

    /// <summary>The multiplier m from which the classes compute a padded width as ⌊2·m·hidden/3⌋, rounded up to a multiple of 256. It aims at the middle of
    /// what is rounded to the same width, so that no rounding of m changes it.</summary>
    public static double Multiplier(int padded, int hidden) => Math.Round(3.0 * (padded - (FfnMultiple / 2)) / (2.0 * hidden), 6);

    /// <summary>Checks what no plan changes.</summary>
    /// <exception cref="BadInputException">The classes compute something else than the model.</exception>
    public static void Require(ModelConfig config)
    {
        if (!config.ComputesAsLlama)
        {
            throw new BadInputException($"DeciLM classes compute what a Llama does, and {config.Family} has factors, bounds, windows, experts, or other norms, "
                + $"gates, or rotation; {Cure}");
        }

        if (config.QkNorm)
            throw new BadInputException($"DeciLM classes have no norms of queries and keys, which {config.Family} has; {Cure}");
        if (config.QkvBias || config.OutputBias || config.GateUpBias || config.DownBias)
            throw new BadInputException($"DeciLM classes have no biases, which {config.Family} or its refit has; {Cure}");
        if (config.Layers.FirstOrDefault(layer => layer.HasAttention && layer.QueryHeads * config.HeadDim != config.HiddenSize) is { QueryHeads: > 0 } layer)
        {
            throw new BadInputException($"DeciLM classes have as many columns in all heads together as in the hidden state, {config.HiddenSize}, where a "
                + $"layer has {layer.QueryHeads} heads of {config.HeadDim}; if pruning made it so, prune with `Shapes` decilm; or {Cure}");
        }
    }

    /// <summary>Checks the layers of a model that is to be written.</summary>
    /// <exception cref="BadInputException">The classes do not hold them.</exception>
    public static void RequireLayers(ModelConfig config)
    {
        Require(config);
        if (config.Layers.Count == 0 || !config.Layers[0].HasAttention)
        {
            throw new BadInputException("DeciLM classes make masks and caches for the first layer, which has no attention here; prune with `Shapes` decilm, "
                + $"or {Cure}");
        }
    }
}
