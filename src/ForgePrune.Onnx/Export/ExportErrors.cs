using System.Text.Json;
using ForgePrune.Errors;
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

    public static BadInputException NotJson(string file, Exception? fault = null) =>
        new($"{file} is no JSON object ({fault?.Message.TrimEnd('.') ?? "it holds another value"}); fetch the file again", fault);

    public static BadInputException Setting(string file, string name, JsonValueKind kind, string wanted) =>
        new($"{file}: {name} is a JSON {kind.ToString().ToLowerInvariant()} where {wanted} is needed; correct it");
}
