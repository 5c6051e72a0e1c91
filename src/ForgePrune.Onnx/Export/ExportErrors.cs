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
}
