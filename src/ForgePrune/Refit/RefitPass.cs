using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;

namespace ForgePrune.Refit;

/// <summary>Runs one block on a chunk of the residual stream, on demand with the inputs of its output projection.</summary>
internal delegate BlockResult BlockRun(Activations x, bool captureInputs);

/// <summary>The two residual streams on their way through the blocks.</summary>
/// <param name="device">The device that solves the refits.</param>
internal sealed class RefitPass(ResidualStream embedded, FinalRefitOptions options, SourceHash source, IPruningDevice device, CancellationToken cancellation)
{
    private readonly ResidualStream dense = embedded;
    private readonly ResidualStream pruned = embedded.Copy();

    /// <summary>Restores both streams and returns the number of layers that they have passed.</summary>
    public int Resume(StreamState state, int layers) => state.Resume(layers, dense, pruned);

    /// <summary>Leaves both streams on the disk, unless they are still one.</summary>
    public void Save(StreamState state, int passed)
    {
        if (!ReferenceEquals(dense[0], pruned[0]))
            state.Save(passed, dense, pruned);
    }

    /// <summary>Refits one block unless <paramref name="path"/> holds it already, and moves both streams past it.</summary>
    /// <param name="whole">The dense block behind a map of its inputs; null maps nothing.</param>
    /// <param name="small">The block as it was refitted.</param>
    /// <param name="keep">Receives the moments of the block; null for none.</param>
    public void Block(string path, RefitStep step, Func<InputMap?, BlockRun> whole, Func<RefittedBlock, BlockRun> small, StreamMoments? keep)
    {
        var known = File.Exists(path) ? RefittedBlock.Read(path, source) : null;
        var solves = step.Columns is not null && known is null;
        var map = known is null && (solves || keep is not null) ? step.Map(options, dense, pruned, device) : known?.Input;
        var moments = solves || keep is not null ? new TargetMoments(step.Dense.Weights.Rows, step.Dense.Weights.Cols, device.Threads) : null;
        var (unmapped, mapped) = (whole(null), whole(map));
        for (var chunk = 0; chunk < dense.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            var after = unmapped(dense[chunk], false).Output;
            if (moments is not null)
                RefitStep.Collect(moments, options, after, pruned[chunk], mapped(pruned[chunk], true));
            dense[chunk] = after;
            LargeArrays.Settle();
        }

        keep?.Keep(step.Name, moments!);
        if (step.Columns is null)
            return;
        if (solves)
            step.Solve(moments!, options, map, device).Write(path, source);
        moments = null;
        LargeArrays.Settle();
        var refitted = small(RefittedBlock.Read(path, source));
        for (var chunk = 0; chunk < pruned.Chunks; chunk++)
        {
            pruned[chunk] = refitted(pruned[chunk], false).Output;
            LargeArrays.Settle();
        }
    }
}
