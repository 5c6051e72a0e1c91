namespace ForgePrune.Kernels;

/// <summary>The error of a matrix that must be positive definite and is not: raise the damping and form it anew.</summary>
/// <param name="matrix">Name of the matrix, for the message.</param>
/// <param name="pivot">Index of the first bad pivot.</param>
public sealed class NotPositiveDefiniteException(string matrix, int pivot)
    : ArithmeticException($"{matrix} is not positive definite: pivot {pivot} is not a positive finite number; raise the damping of the Gram and form it anew.")
{
    /// <summary>The index of the first bad pivot, in the order in which the matrix was factored.</summary>
    public int Pivot { get; } = pivot;
}
