namespace ForgePrune.Onnx.Pipeline;

/// <summary>Memory that the stages may keep for speed, in bytes. Results do not depend on it.</summary>
internal static class RunMemory
{
    /// <summary>Hidden states and remembered dense predictions.</summary>
    public const long Streams = 1L << 30;

    /// <summary>Factors, dense layers and finished levels.</summary>
    public const long Levels = 1L << 30;
}
