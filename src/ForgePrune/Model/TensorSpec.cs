namespace ForgePrune.Model;

/// <summary>A tensor that a config calls for.</summary>
/// <param name="Layer">Layer index; −1 for tensors outside the layers.</param>
/// <param name="Rows">Rows of a matrix, length of a vector.</param>
/// <param name="Cols">Columns of a matrix; 0 marks a vector.</param>
public readonly record struct TensorSpec(TensorRole Role, int Layer, int Rows, int Cols)
{
    public bool IsVector => Cols == 0;

    /// <summary>Number of values.</summary>
    public long Elements => IsVector ? Rows : (long)Rows * Cols;
}
