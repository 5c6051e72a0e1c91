namespace ForgePrune.Kernels;

/// <summary>Whether a matrix enters a product as stored or with its rows and columns exchanged.</summary>
public enum Transpose
{
    /// <summary>The matrix as stored: op(A) = A.</summary>
    No,

    /// <summary>Rows and columns exchanged: op(A) = Aᵀ.</summary>
    Yes,
}
