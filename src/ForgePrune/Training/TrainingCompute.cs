using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>Floating-point operations of training, counted from shapes. A multiplication and its addition are two.</summary>
/// <remarks>Forward, for each token of windows of T tokens: 2·(P + V·H) + 2·(T + 1)·Q. P are the weights of all projections, V·H those of the output
/// head, Q the query widths (heads · head width) of all layers together: causal attention looks at (T + 1)/2 positions in the mean, with one product for
/// the scores and one for the mixture. Looking up embeddings, norms, activations, softmax and the optimizer are not counted. The backward pass costs twice
/// the forward pass.</remarks>
internal static class TrainingCompute
{
    /// <summary>One token through the model.</summary>
    public static long Forward(ModelConfig config, int window)
    {
        var size = ModelSize.Of(config);
        return (2 * (size.Prunable + size.Head)) + (2 * (window + 1L) * config.Layers.Sum(layer => (long)layer.QueryHeads * config.HeadDim));
    }

    /// <summary>One token, forward and backward.</summary>
    public static long Training(ModelConfig config, int window) => 3 * Forward(config, window);

    /// <summary>One token, forward and backward, and the forward pass of the teacher.</summary>
    public static long Distillation(ModelConfig student, ModelConfig teacher, int window) => Training(student, window) + Forward(teacher, window);
}
