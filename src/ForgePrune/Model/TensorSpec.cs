namespace ForgePrune.Model;

/// <summary>The role and shape of one tensor of a model.</summary>
/// <param name="Role">The role of the tensor.</param>
/// <param name="Layer">The index of the layer, from 0; −1 for tensors outside of the layers.</param>
/// <param name="Rows">The number of rows of a matrix, or the length of a vector.</param>
/// <param name="Cols">The number of columns of a matrix; 0 for a vector.</param>
public readonly record struct TensorSpec(TensorRole Role, int Layer, int Rows, int Cols)
{
    /// <summary>The index of the expert that the tensor belongs to, from 0; 0 for tensors of none.</summary>
    public int Expert { get; init; }

    /// <summary>Whether the tensor is a vector: a norm or a bias.</summary>
    public bool IsVector => Cols == 0;

    /// <summary>The number of values.</summary>
    public long Elements => IsVector ? Rows : (long)Rows * Cols;
}
