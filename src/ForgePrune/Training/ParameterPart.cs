using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>Which parameters of a tensor are meant.</summary>
internal enum ParameterPart
{
    /// <summary>The tensor itself.</summary>
    Whole,

    /// <summary>A of W + B·A, rank × inputs.</summary>
    LowRankIn,

    /// <summary>B of W + B·A, outputs × rank.</summary>
    LowRankOut,

    /// <summary>s of W·diag(s), one factor for each input.</summary>
    InputScale,
}

/// <summary>Parameters that are trained.</summary>
/// <param name="Tensor">The tensor of the model that they change.</param>
/// <param name="Rows">The number of rows of a matrix, or the length of a vector.</param>
/// <param name="Cols">The number of columns of a matrix; 0 for a vector.</param>
internal readonly record struct ParameterSpec(TensorSpec Tensor, ParameterPart Part, int Rows, int Cols)
{
    public bool IsVector => Cols == 0;

    public long Elements => IsVector ? Rows : (long)Rows * Cols;

    /// <summary>The parameters of a scope, in the order of the model's tensors.</summary>
    public static IEnumerable<ParameterSpec> Of(ModelConfig config, RecoveryScope scope) =>
        TensorLayout.Of(config).SelectMany(tensor => Of(tensor, scope));

    private static IEnumerable<ParameterSpec> Of(TensorSpec tensor, RecoveryScope scope)
    {
        if (scope == RecoveryScope.All || tensor.Role.IsNorm() || (scope == RecoveryScope.Scales && tensor.IsVector))
            return [new(tensor, ParameterPart.Whole, tensor.Rows, tensor.Cols)];
        // Embedding and head lie outside of the layers.
        if (tensor.IsVector || tensor.Layer < 0)
            return [];
        if (scope != RecoveryScope.Scales)
            return [new(tensor, ParameterPart.LowRankIn, scope.Rank, tensor.Cols), new(tensor, ParameterPart.LowRankOut, tensor.Rows, scope.Rank)];
        return tensor.Role is TensorRole.Output or TensorRole.Down ? [new(tensor, ParameterPart.InputScale, tensor.Cols, 0)] : [];
    }
}
