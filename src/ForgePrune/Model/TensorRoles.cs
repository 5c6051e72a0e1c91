namespace ForgePrune.Model;

/// <summary>Kinds of roles.</summary>
internal static class TensorRoles
{
    /// <summary>Whether a tensor is the weight of an RMSNorm.</summary>
    public static bool IsNorm(this TensorRole role) => role is TensorRole.AttentionNorm or TensorRole.AttentionPostNorm or TensorRole.QueryNorm
        or TensorRole.KeyNorm or TensorRole.MlpNorm or TensorRole.MlpPostNorm or TensorRole.FinalNorm;
}
