using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Quantization;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that say how projections are quantized, shared by prune and export.</summary>
/// <param name="help">What the verb does with them.</param>
internal sealed class QuantizeOptions(string help)
{
    private readonly Option<int?> quantize = Options.Typed<int?>("--quantize", "int8|int4", help, text => QuantizationSettings.ParseBits(text));

    private readonly Option<QuantizationMethod?> method = Options.Typed<QuantizationMethod?>("--quantize-method", "gptq|rtn",
        "Error feedback over the calibration text, or rounding to nearest. [default: gptq]", text => QuantizationSettings.ParseMethod(text));

    private readonly Option<int?> block = Options.Typed<int?>("--quantize-block", "N",
        $"Inputs that share a scale: {string.Join(", ", QuantizationSettings.AllowedBlocks)}. [default: {QuantizationSettings.DefaultBlock}]", text =>
            QuantizationSettings.ParseBlock(text));

    public Option Asking => quantize;

    public IEnumerable<Option> Details => [method, block];

    /// <returns>Null where nothing is to be quantized.</returns>
    /// <exception cref="BadInputException">A method or block without a number format.</exception>
    public QuantizationSettings? Read(ParseResult line)
    {
        var (asked, how, width) = (line.GetValue(quantize), line.GetValue(method), line.GetValue(block));
        if (asked is not { } bits)
        {
            return (how, width) is (null, null) ? null
                : throw new BadInputException(
                    $"{(how is null ? block.Name : method.Name)} says how to quantize, but {quantize.Name} is missing; add {quantize.Name} int8 or int4");
        }

        return new QuantizationSettings(bits, how ?? QuantizationMethod.Gptq, width ?? QuantizationSettings.DefaultBlock);
    }
}
