using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Export;

internal static class ExportErrors
{
    /// <summary>ONNX Runtime's GroupQueryAttention takes no other on CPU.</summary>
    private const int HeadDimMultiple = 8;

    public static void ThrowIfHeadDimUnfit(ModelConfig config)
    {
        if (config.HeadDim % HeadDimMultiple != 0)
        {
            throw new BadInputException(
                $"the ONNX export needs a head width in multiples of {HeadDimMultiple}, but head_dim is {config.HeadDim}; choose a model whose head_dim fits");
        }
    }

    /// <summary>Refuses what no test of blocks of experts covers.</summary>
    public static void ThrowIfExpertsUnfit(ModelConfig config, bool quantized, OnnxFloat type)
    {
        if (!config.HasExperts)
            return;
        if (quantized)
            throw new BadInputException("experts are written in float32 only, and codes of a few bits were asked for; leave quantization out, or take GGUF");
        if (type != OnnxFloat.F32)
            throw new BadInputException($"experts are written in float32 only, and {type.ToString().ToLowerInvariant()} was asked for; take f32, or GGUF");
    }

    /// <summary>Refuses what a CUDA graph cannot hold, see <see cref="OnnxExportOptions.Static"/>.</summary>
    public static void ThrowIfNotStatic(ModelConfig config)
    {
        const int mostPositions = 1 << 20;
        if (RotaryNodes.Apart(config))
        {
            throw new BadInputException($"heads of {config.HeadDim}, turned by {config.RotaryWidth}, are turned by lengths that the host reads, which no CUDA "
                + "graph can hold; leave `Provider.CudaGraph` out");
        }

        if (config.MaxPositions > mostPositions)
        {
            throw new BadInputException(
                $"CUDA graphs need cosines of all positions stored, and {config.MaxPositions} of them are too many; leave `Provider.CudaGraph` out");
        }
    }

    /// <summary>Reads every weight once more, so that nothing is written of a model that float16 cannot hold.</summary>
    public static void ThrowIfBeyondHalf(IDecoderModel model)
    {
        foreach (var (spec, values) in ModelTensors.Read(model))
        {
            if (values.Length > 0 && TensorPrimitives.MaxMagnitude<float>(values) is var most && Math.Abs(most) > (float)Half.MaxValue)
            {
                var name = (ModelFamilies.Find(model.Config.Family)?.Names ?? TensorNames.Common)[spec];
                throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                    $"{name} holds {most:0.###e+0}, and float16 ends at {(float)Half.MaxValue:0}; take bf16, or f32 on a processor"));
            }
            LargeArrays.Settle();
        }
    }

    public static BadInputException GatheredBits(int bits) =>
        new($"an embedding in codes of {bits} bits has no form in standard operators; store a tied head in 8 bits, or use MatMulNBits");

    public static BadInputException NotJson(string file, Exception? fault = null) =>
        new($"{file} is no JSON object ({fault?.Message.TrimEnd('.') ?? "it holds another value"}); fetch the file again", fault);

    public static BadInputException Setting(string file, string name, JsonValueKind kind, string wanted) =>
        new($"{file}: {name} is a JSON {kind.ToString().ToLowerInvariant()} where {wanted} is needed; correct it");
}
