using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Forward;

internal static class BlockErrors
{
    /// <param name="block">As <see cref="Name"/> calls it.</param>
    public static BadInputException Beyond(string block, BlockPlace place, int tokens) => new(
        $"{block} comes to values that {Called(place.Type)} does not hold, at {(tokens == 1 ? "one token" : $"{tokens} tokens")} "
        + $"(it ends at {Ends(place)}); {Cure(place)}");

    /// <param name="weight">The name of one of its tensors.</param>
    public static BadInputException WeightBeyond(string block, string weight, BlockPlace place) => new(
        $"{block} has weights ({weight}) that {Called(place.Type)} does not hold (it ends at {Ends(place)}); {Cure(place)}");

    public static BadInputException Experts(BlockPlace place) => new(
        $"blocks of experts run in float32 only, and {place.Provider} takes {Called(place.Type)}; set `Provider` to cpu");

    public static BadInputException HeadWidth(int headDim, BlockPlace place) => new(
        $"attention in {Called(place.Type)} takes heads whose width is a multiple of 8, and head_dim is {headDim}; set `Provider` to cpu");

    public static BrokenEnvironmentException CannotRun(string block, BlockPlace place, Exception fault) => new(
        $"ONNX Runtime cannot run {block} on {place.Provider}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; "
        + "look with nvidia-smi whether the GPU has room for it, or set `Provider` to cpu", fault);

    public static BadInputException Strayed(string block, BlockPlace place, string node) => new(
        $"{block}: {node} would run on the processor, since ONNX Runtime has no such operator for {place.Provider} in {Called(place.Type)}; "
        + "set `Provider` to cpu");

    /// <summary>What a block is called: by its layer where that is known.</summary>
    public static string Name(int? layer, string kind) => layer is { } index ? $"the {kind} of layer {index}"
        : $"{("aeiou".Contains(kind[0], StringComparison.OrdinalIgnoreCase) || kind == "MLP" ? "an" : "a")} {kind} block";

    /// <summary>The type as people call it.</summary>
    public static string Called(OnnxFloat type) => type switch
    {
        OnnxFloat.F16 => "float16",
        OnnxFloat.BF16 => "bfloat16",
        _ => "float32",
    };

    private static string Ends(BlockPlace place) => place.Largest.ToString(place.Type == OnnxFloat.F16 ? "0" : "0.0e+0", CultureInfo.InvariantCulture);

    private static string Cure(BlockPlace place) => place.Type == OnnxFloat.F16
        ? $"set `Provider` to {ServingProvider.Cuda(place.Provider.CudaIndex ?? 0).InBFloat16()} or to cpu" : "set `Provider` to cpu";
}
