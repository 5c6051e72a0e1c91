using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>The element type of weights, hidden states and KV cache. Logits are float32 in all of them.</summary>
public enum OnnxFloat
{
    /// <summary>Float32: for CPUs.</summary>
    F32,

    /// <summary>Float16: for GPUs. Ends at 65504.</summary>
    F16,

    /// <summary>Bfloat16: for GPUs. The range of float32, with 8 bits of precision. ONNX Runtime's CPU provider does not run it.</summary>
    BF16,
}

/// <summary>The positions whose logits are computed.</summary>
public enum OnnxLogits
{
    /// <summary>Every position: for perplexity, scoring, and speculative decoding.</summary>
    All,

    /// <summary>Each sequence's last position: for generation, whose prefill then multiplies by the head only once.</summary>
    Last,
}

/// <summary>How the products of quantized weights are written.</summary>
public enum OnnxCodes
{
    /// <summary>ONNX Runtime's operator MatMulNBits, which reads codes as they are.</summary>
    MatMulNBits,

    /// <summary>DequantizeLinear of ONNX operator set 21 before a MatMul, which runtimes without MatMulNBits know; ONNX Runtime fuses the two.</summary>
    Qdq,
}

/// <summary>What an ONNX export is made for. The defaults are what a run writes.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The element type of weights, hidden states and KV cache.</summary>
    public OnnxFloat Float { get; init; } = OnnxFloat.F32;

    /// <summary>The positions whose logits are computed.</summary>
    public OnnxLogits Logits { get; init; } = OnnxLogits.All;

    /// <summary>How the products of quantized weights are written.</summary>
    public OnnxCodes Codes { get; init; } = OnnxCodes.MatMulNBits;

    /// <summary>Nothing of a step's values decides a shape or is read by the host, so that a CUDA graph can hold it: cosines and sines of every position are
    /// stored, and <see cref="OnnxLogits.Last"/> takes the last column, which sequences of one length end in.</summary>
    internal bool Static { get; init; }

    internal OnnxType ElementType => Float switch
    {
        OnnxFloat.F32 => OnnxType.Float,
        OnnxFloat.F16 => OnnxType.Float16,
        OnnxFloat.BF16 => OnnxType.BFloat16,
        _ => throw new ArgumentOutOfRangeException(nameof(Float), Float, "no such element type"),
    };
}
