namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>What a place on the evaluation stack holds, as far as truth values and numbers are apart for ILGPU. To .NET all of it is an integer.</summary>
internal enum Held
{
    /// <summary>A number, or anything else.</summary>
    Number,

    /// <summary>The literal 0 or 1, which passes for either.</summary>
    Bit,

    /// <summary>What a comparison gave.</summary>
    Truth,

    /// <summary>A reference to a truth value.</summary>
    Reference,
}
