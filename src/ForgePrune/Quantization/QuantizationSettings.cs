using ForgePrune.Errors;
using ForgePrune.Kernels;

namespace ForgePrune.Quantization;

/// <summary>How codes are found.</summary>
public enum QuantizationMethod
{
    /// <summary>Error feedback over the inputs of a calibration text.</summary>
    Gptq,

    /// <summary>Round to nearest; needs no text.</summary>
    Rtn,
}

/// <summary>How a model's projections are quantised.</summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="Block">Inputs that share a scale.</param>
public sealed record QuantizationSettings(int Bits, QuantizationMethod Method, int Block)
{
    /// <summary>A scale for 32 weights costs one bit a weight.</summary>
    public const int DefaultBlock = 32;

    /// <summary>Blocks that MatMulNBits has code for: larger ones give zeros in some runtimes.</summary>
    public static IReadOnlyList<int> AllowedBlocks { get; } = [16, 32, 64, 128, 256];

    /// <summary>int4 or int8.</summary>
    public string Name => $"int{Bits}";

    /// <summary>gptq or rtn.</summary>
    public string MethodName => Method.ToString().ToLowerInvariant();

    public QuantizationFormat Format => new(Bits, Block, symmetric: true);

    /// <summary>Eight bits: the head decides between tokens by small differences, and error feedback has nothing behind it to make errors good.</summary>
    public QuantizationFormat HeadFormat => new(8, Block, symmetric: true);

    /// <exception cref="BadInputException">No such number format.</exception>
    public static int ParseBits(string text) => text switch
    {
        "int8" => 8,
        "int4" => 4,
        _ => throw new BadInputException($"--quantize '{text}' is not offered; use int8 or int4"),
    };

    /// <exception cref="BadInputException">No such method.</exception>
    public static QuantizationMethod ParseMethod(string text) => text switch
    {
        "gptq" => QuantizationMethod.Gptq,
        "rtn" => QuantizationMethod.Rtn,
        _ => throw new BadInputException($"--quantize-method '{text}' is unknown; use gptq or rtn"),
    };

    /// <exception cref="BadInputException">No such block.</exception>
    public static int ParseBlock(string text) => AllowedBlocks.FirstOrDefault(block => text == $"{block}") is > 0 and var block
        ? block
        : throw new BadInputException($"--quantize-block '{text}' is not offered; use one of {string.Join(", ", AllowedBlocks)}");
}
