using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

internal static class QuantizationErrors
{
    /// <summary>The config, unless it has experts.</summary>
    /// <exception cref="BadInputException">It has.</exception>
    public static ModelConfig ThrowIfExperts(ModelConfig config) => !config.HasExperts ? config
        : throw new BadInputException("codes by error feedback (GPTQ) are not found for experts, each of which sees its own part of a text; write GGUF "
            + "without a calibration text, whose codes are rounded to nearest");
}
