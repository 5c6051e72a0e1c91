using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Storage;

namespace ForgePrune.Compaction;

/// <summary>Runs one block on a chunk of the residual stream, on demand with the inputs of its output projection.</summary>
internal delegate BlockResult BlockRun(Activations x, bool captureInputs);

/// <summary>The two residual streams on their way through the blocks.</summary>
internal sealed class RefitPass(ResidualStream embedded, FinalRefitOptions options, SourceHash source, CancellationToken cancellation)
{
    private readonly ResidualStream dense = embedded;
    private readonly ResidualStream pruned = embedded.Copy();

    /// <summary>Refits one block unless <paramref name="path"/> holds it already, and moves both streams past it.</summary>
    /// <param name="step">Null where the pruned model has no such block: its stream stays as it is.</param>
    /// <param name="whole">The dense block behind a map of its inputs; null maps nothing.</param>
    /// <param name="small">The block as it was refitted.</param>
    public void Block(string path, RefitStep? step, Func<Matrix?, BlockRun> whole, Func<RefittedBlock, BlockRun> small)
    {
        var todo = File.Exists(path) ? null : step;
        var map = todo?.Map(options, dense, pruned);
        var moments = todo?.Moments();
        var (unmapped, mapped) = (whole(null), whole(map));
        for (var chunk = 0; chunk < dense.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            var after = unmapped(dense[chunk], false).Output;
            if (moments is not null)
                todo!.Collect(moments, options, after, pruned[chunk], mapped(pruned[chunk], true));
            dense[chunk] = after;
        }

        if (step is null)
            return;
        if (moments is not null)
            todo!.Solve(moments, options, map).Write(path, source);
        var refitted = small(RefittedBlock.Read(path, source));
        for (var chunk = 0; chunk < pruned.Chunks; chunk++)
            pruned[chunk] = refitted(pruned[chunk], false).Output;
    }
}
