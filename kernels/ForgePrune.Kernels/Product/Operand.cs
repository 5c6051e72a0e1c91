namespace ForgePrune.Kernels;

/// <summary>How a matrix enters a product.</summary>
public enum Operand
{
    /// <summary>As stored.</summary>
    Plain,

    /// <summary>Rows and columns exchanged.</summary>
    Transposed,
}
