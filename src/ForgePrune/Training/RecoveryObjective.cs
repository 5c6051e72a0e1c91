using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>The loss of weights on windows, with gradients. Position t of a window predicts token t + 1; the last predicts nothing inside it.</summary>
internal sealed class RecoveryObjective
{
    private readonly ParameterLayout layout;
    private readonly IPassWeights? teacher;
    private readonly DecoderPass student;
    private readonly DecoderPass? teaching;
    private readonly HeadLoss head;
    private readonly int[] targets;
    private readonly float[] dStates;
    private readonly int window, threads;

    /// <param name="layout">The layout of what is trained.</param>
    /// <param name="teacher">The model whose predictions are the truth, of the same vocabulary; null takes the text.</param>
    /// <param name="windows">The largest number of windows of one pass.</param>
    /// <param name="window">Tokens of each.</param>
    public RecoveryObjective(ParameterLayout layout, IPassWeights? teacher, int windows, int window, int threads)
    {
        (this.layout, this.teacher, this.window, this.threads) = (layout, teacher, window, threads);
        student = new DecoderPass(layout, windows, window, backward: true, threads);
        teaching = teacher is null ? null : new DecoderPass(new ParameterLayout(teacher.Config, RecoveryScope.Scales), windows, window, backward: false, threads);
        head = new HeadLoss(layout.Config.VocabSize, divergence: teacher is not null);
        targets = new int[windows * window];
        dStates = LargeArray.Uninitialized<float>((long)windows * window * layout.Config.HiddenSize);
    }

    /// <summary>Σ of the loss over all predictions. Adds the gradients of <paramref name="scale"/> times it.</summary>
    /// <param name="ids">The ids of whole windows, at most as many as given to the constructor.</param>
    public double Add(IPassWeights weights, float[] gradients, ReadOnlySpan<int> ids, float scale)
    {
        Aim(ids);
        var d = dStates.AsSpan(0, ids.Length * layout.Config.HiddenSize);
        var states = student.Forward(weights, ids);
        var loss = Loss(weights, states, ids, scale, d, layout.Head(gradients));
        student.Backward(weights, new PassGradients(layout, gradients), ids, d);
        return loss;
    }

    /// <summary>The loss alone.</summary>
    public double Measure(IPassWeights weights, ReadOnlySpan<int> ids)
    {
        Aim(ids);
        return Loss(weights, student.Forward(weights, ids), ids, 1, [], []);
    }

    private double Loss(IPassWeights weights, ReadOnlySpan<float> states, ReadOnlySpan<int> ids, float scale, Span<float> d, Span<float> dHead)
    {
        var input = new HeadInput(states, weights.Head(), layout.Config.HiddenSize) { Cap = (float?)layout.Config.LogitCap };
        var aims = targets.AsSpan(0, ids.Length);
        if (teacher is null)
            return head.CrossEntropy(input, aims, scale, d, dHead, threads);
        var truth = new HeadInput(teaching!.Forward(teacher, ids), teacher.Head(), teacher.Config.HiddenSize) { Cap = (float?)teacher.Config.LogitCap };
        return head.Divergence(input, truth, aims, scale, d, dHead, threads);
    }

    private void Aim(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)layout.Config.VocabSize)
                throw RecoveryErrors.ForeignToken(id, layout.Config.VocabSize);
        for (var row = 0; row < ids.Length; row++)
            targets[row] = row % window == window - 1 ? -1 : ids[row + 1];
    }
}
