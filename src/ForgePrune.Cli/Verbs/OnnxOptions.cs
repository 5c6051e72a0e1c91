using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that say what an ONNX folder is made for.</summary>
internal sealed class OnnxOptions
{
    private readonly Option<OnnxFloat?> dtype = Options.Typed<OnnxFloat?>("--dtype", "f32|f16|bf16",
        "Type of weights, activations and KV cache of an ONNX folder; f16 and bf16 are for GPUs. [default: f32]",
        text => Named("--dtype", text, ("f32", OnnxFloat.F32), ("f16", OnnxFloat.F16), ("bf16", OnnxFloat.BF16)));

    private readonly Option<OnnxLogits?> logits = Options.Typed<OnnxLogits?>("--logits", "all|last",
        "Positions that an ONNX folder computes logits of; last reads prompts faster, and cannot be evaluated. [default: all]",
        text => Named("--logits", text, ("all", OnnxLogits.All), ("last", OnnxLogits.Last)));

    private readonly Option<OnnxCodes?> codes = Options.Typed<OnnxCodes?>("--quantize-format", "nbits|qdq",
        "Quantized products as MatMulNBits, or as DequantizeLinear and MatMul for runtimes without it. [default: nbits]",
        text => Named("--quantize-format", text, ("nbits", OnnxCodes.MatMulNBits), ("qdq", OnnxCodes.Qdq)));

    public IEnumerable<Option> All => [dtype, logits, codes];

    /// <param name="quantized">Whether projections are quantized.</param>
    /// <param name="written">Whether an ONNX folder is written, and nothing else instead.</param>
    /// <exception cref="BadInputException">An option that would have no effect.</exception>
    public OnnxExportOptions Read(ParseResult line, bool quantized, bool written)
    {
        if (!written && Options.Given(line, All).FirstOrDefault() is { } given)
            throw new BadInputException($"{given.Name} is for ONNX folders, and --format asks for another one; leave it out");
        if (!quantized && line.GetValue(codes) is not null)
            throw new BadInputException($"{codes.Name} says how quantized products are written, but --quantize is missing; add --quantize int8 or int4");
        return new OnnxExportOptions
        {
            Float = line.GetValue(dtype) ?? OnnxFloat.F32,
            Logits = line.GetValue(logits) ?? OnnxLogits.All,
            Codes = line.GetValue(codes) ?? OnnxCodes.MatMulNBits,
        };
    }

    private static T? Named<T>(string option, string text, params (string Name, T Value)[] values)
        where T : struct
    {
        foreach (var (name, value) in values)
        {
            if (name == text)
                return value;
        }
        throw new BadInputException($"{option} '{text}' is not offered; use {string.Join(" or ", values.Select(value => value.Name))}");
    }
}
