namespace ForgePrune.Kernels.Gpu;

/// <summary>To what the activations are rounded before a Gram multiplies them. Products are summed in float32 over 256 tokens and then in float64 in each.</summary>
public enum GramPrecision
{
    /// <summary>Not at all: what saliencies need.</summary>
    F32,

    /// <summary>10 bits behind the point, relative error at most 2⁻¹¹; by tensor cores, sm_80 and later.</summary>
    Tf32,

    /// <summary>7 bits behind the point, relative error at most 2⁻⁸; by tensor cores, sm_80 and later.</summary>
    Bf16,
}
