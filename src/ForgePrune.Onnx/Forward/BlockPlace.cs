using ForgePrune.Kernels;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>Where blocks run, and in what element type.</summary>
/// <param name="Provider">What ONNX Runtime runs their sessions on.</param>
/// <param name="Type">Of weights, and of what is computed inside of a block. The residual stream between blocks is float32 in every type.</param>
internal sealed record BlockPlace(ServingProvider Provider, OnnxFloat Type)
{
    /// <summary>A GPU's memory is also for weights and for what blocks compute, and ONNX Runtime's arena may take up to twice what it hands out.</summary>
    public const int ShareForStreams = 4;

    /// <summary>The processor, in float32.</summary>
    public static BlockPlace Processor { get; } = new(ServingProvider.Cpu, OnnxFloat.F32);

    /// <summary>Whether results stay in the provider's memory until the host asks for them. On the processor, in float32, they are the host's arrays at
    /// once.</summary>
    public bool Stays { get; init; } = Provider != ServingProvider.Cpu || Type != OnnxFloat.F32;

    /// <summary>Whether a node that ran on the processor is an error.</summary>
    public bool RefusesProcessor { get; init; } = Provider != ServingProvider.Cpu;

    /// <summary>The memory in which a session computes.</summary>
    public Func<InferenceSession, ProviderMemory> Memory { get; init; } = session => ProviderMemory.Of(session, Provider);

    /// <summary>What other devices may know the memory by, to read results there; null where they cannot.</summary>
    public LentMemory? Lends { get; init; } = Provider.CudaIndex is { } index ? LentMemory.Cuda(index) : null;

    /// <summary>Bytes of a GPU that nobody has taken; null on the processor.</summary>
    public Func<long?> Free { get; init; } = () => Provider.CudaIndex is { } index ? CudaMemory.Free(index) : null;

    /// <summary>Bytes of results that may stay; of more, the oldest come to the host.</summary>
    public Func<long> Room { get; init; } = () => Provider.CudaIndex is { } index ? CudaMemory.Free(index) / ShareForStreams : long.MaxValue;

    public OnnxType ElementType => new OnnxExportOptions { Float = Type }.ElementType;

    /// <summary>The largest finite number of the type.</summary>
    public double Largest => LargestOf(Type);

    public static double LargestOf(OnnxFloat type) => type switch
    {
        OnnxFloat.F16 => (double)Half.MaxValue,
        // Seven bits of fraction behind the one, and float32's largest exponent.
        OnnxFloat.BF16 => (2 - (1.0 / (1 << 7))) * Math.Pow(2, 127),
        _ => float.MaxValue,
    };
}
