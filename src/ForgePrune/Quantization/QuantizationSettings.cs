using ForgePrune.Errors;
using ForgePrune.Kernels;

namespace ForgePrune.Quantization;

/// <summary>The algorithm that chooses the codes.</summary>
public enum QuantizationMethod
{
    /// <summary>GPTQ (Frantar et al. 2023): column by column, with the error of each column compensated by the later ones on a calibration text.</summary>
    Gptq,

    /// <summary>Rounding to nearest, which needs no text.</summary>
    Rtn,
}

/// <summary>The quantization of the projections of a model.</summary>
/// <param name="Bits">The bits of a code: 4 or 8.</param>
/// <param name="Method">The algorithm.</param>
/// <param name="Block">The number of inputs that share a scale; one of <see cref="AllowedBlocks"/>.</param>
public sealed record QuantizationSettings(int Bits, QuantizationMethod Method, int Block)
{
    /// <summary>The default block: one float32 scale for 32 weights adds one bit per weight.</summary>
    public const int DefaultBlock = 32;

    /// <summary>The blocks that MatMulNBits of ONNX Runtime supports; larger ones give zeros in some versions.</summary>
    public static IReadOnlyList<int> AllowedBlocks { get; } = [16, 32, 64, 128, 256];

    /// <summary>The name of the number format: int4 or int8.</summary>
    public string Name => $"int{Bits}";

    /// <summary>The name of the algorithm: gptq or rtn.</summary>
    public string MethodName => Method.ToString().ToLowerInvariant();

    /// <summary>The number format of the projections.</summary>
    public QuantizationFormat Format => new(Bits, Block, symmetric: true);

    /// <summary>The number format of the output head, always 8 bits: tokens differ by small logits, and no later layer can compensate errors of the
    /// head.</summary>
    public QuantizationFormat HeadFormat => new(8, Block, symmetric: true);

    /// <summary>Reads the bits from the name of a number format.</summary>
    /// <exception cref="BadInputException">The text is neither int8 nor int4.</exception>
    public static int ParseBits(string text) => text switch
    {
        "int8" => 8,
        "int4" => 4,
        _ => throw new BadInputException($"`Quantize` '{text}' is not offered; use int8 or int4"),
    };

    /// <summary>Reads the name of an algorithm.</summary>
    /// <exception cref="BadInputException">The text is neither gptq nor rtn.</exception>
    public static QuantizationMethod ParseMethod(string text) => text switch
    {
        "gptq" => QuantizationMethod.Gptq,
        "rtn" => QuantizationMethod.Rtn,
        _ => throw new BadInputException($"`Quantize.Method` '{text}' is unknown; use gptq or rtn"),
    };

    /// <summary>Reads a block.</summary>
    /// <exception cref="BadInputException">The text is none of <see cref="AllowedBlocks"/>.</exception>
    public static int ParseBlock(string text) => AllowedBlocks.FirstOrDefault(block => text == $"{block}") is > 0 and var block
        ? block
        : throw new BadInputException($"`Quantize.Block` '{text}' is not offered; use one of {string.Join(", ", AllowedBlocks)}");
}
