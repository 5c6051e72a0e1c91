namespace ForgePrune.Kernels;

/// <summary>A matrix that must be positive definite is not: raise the damping and form it anew.</summary>
public sealed class NotPositiveDefiniteException(string matrix, int pivot)
    : ArithmeticException($"{matrix} is not positive definite: pivot {pivot} is not a positive finite number; raise the damping of the Gram and form it anew.")
{
    /// <summary>Index of the first bad pivot, in the order in which the matrix was factored.</summary>
    public int Pivot { get; } = pivot;
}
