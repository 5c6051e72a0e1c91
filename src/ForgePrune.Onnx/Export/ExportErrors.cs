using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Export;

internal static class ExportErrors
{
    /// <summary>ONNX Runtime's GroupQueryAttention rotates eight numbers at a time on CPU.</summary>
    private const int HeadDimMultiple = 8;

    public static void ThrowIfHeadDimUnfit(ModelConfig config)
    {
        if (config.HeadDim % HeadDimMultiple != 0)
        {
            throw new BadInputException(
                $"the ONNX export needs a head width in multiples of {HeadDimMultiple}, but head_dim is {config.HeadDim}; choose a model whose head_dim fits");
        }
    }

    public static BadInputException Exists(string folder) =>
        new($"the export folder {folder} exists already; name another one or remove it");

    public static BrokenEnvironmentException CannotWrite(string folder, Exception fault) =>
        new($"the export cannot be written to {folder}: {fault.Message.TrimEnd('.')}; free space or choose a folder that can be written", fault);
}
