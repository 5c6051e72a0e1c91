namespace ForgePrune.Kernels.Gpu;

/// <summary>What activations are rounded to before a Gram multiplies them. Products are summed in float32 over 256 tokens, and these sums in float64.</summary>
public enum GramPrecision
{
    /// <summary>No rounding: float32, which saliencies need.</summary>
    F32,

    /// <summary>10 bits behind the point, relative error at most 2⁻¹¹; by tensor cores, sm_80 and later.</summary>
    Tf32,

    /// <summary>7 bits behind the point, relative error at most 2⁻⁸; by tensor cores, sm_80 and later.</summary>
    Bf16,
}
