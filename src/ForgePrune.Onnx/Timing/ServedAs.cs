using ForgePrune.Onnx.Export;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Timing;

/// <summary>What decides the times of one graph: where it runs, and its element type.</summary>
internal sealed record ServedAs(ServingProvider Provider, OnnxFloat Type)
{
    public static ServedAs Usual { get; } = new(ServingProvider.Cpu, OnnxFloat.F32);

    /// <summary>Bytes of a weight.</summary>
    public int Width => Type == OnnxFloat.F32 ? sizeof(float) : sizeof(ushort);
}
