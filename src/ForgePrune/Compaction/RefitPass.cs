using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Memory;
using ForgePrune.Storage;

namespace ForgePrune.Compaction;

/// <summary>The two residual streams on their way through the blocks.</summary>
internal sealed class RefitPass(ResidualStream embedded, FinalRefitOptions options, SourceHash source, CancellationToken cancellation)
{
    private readonly ResidualStream dense = embedded;
    private readonly ResidualStream pruned = embedded.Copy();

    /// <summary>Refits one block unless <paramref name="path"/> holds it already, and moves both streams past it.</summary>
    /// <param name="step">Null where the pruned model has no such block: its stream stays as it is.</param>
    public void Block(
        string path, RefitStep? step, Func<Activations, bool, BlockResult> denseBlock, Func<Activations, RefittedBlock, BlockResult> prunedBlock)
    {
        var moments = step is null || File.Exists(path) ? null : new TargetMoments(step.Dense.Rows, step.Dense.Cols);
        for (var chunk = 0; chunk < dense.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            var after = denseBlock(dense[chunk], false).Output;
            if (moments is not null)
                RefitStep.Collect(moments, options, dense[chunk], after, pruned[chunk], denseBlock(pruned[chunk], true));
            dense[chunk] = after;
            LargeArrays.Settle();
        }

        if (step is null)
            return;
        if (moments is not null)
            step.Solve(moments, options).Write(path, source);
        var block = RefittedBlock.Read(path, source);
        for (var chunk = 0; chunk < pruned.Chunks; chunk++)
        {
            pruned[chunk] = prunedBlock(pruned[chunk], block).Output;
            LargeArrays.Settle();
        }
    }
}
