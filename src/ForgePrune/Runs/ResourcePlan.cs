using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Runs;

/// <summary>Memory and disk that a run will need, shown before work starts and checked against the disk.</summary>
/// <param name="Stages">In the order they run.</param>
public sealed record ResourcePlan(IReadOnlyList<StageNeed> Stages)
{
    /// <summary>The stages run one after another: the largest counts.</summary>
    public long PeakMemoryBytes => Stages.Max(stage => stage.MemoryBytes);

    /// <summary>Everything stays in the folder: the sum counts.</summary>
    public long DiskBytes => Stages.Sum(stage => stage.DiskBytes);

    /// <summary>Estimates a run over a decoder.</summary>
    /// <param name="config">The dense model.</param>
    /// <param name="tokens">Calibration tokens.</param>
    /// <param name="window">Tokens per window.</param>
    /// <param name="threads">Each holds one window's logits or captures in flight.</param>
    /// <param name="prunes">False for an export alone.</param>
    public static ResourcePlan For(ModelConfig config, long tokens, int window, int threads, bool prunes = true)
    {
        var size = ModelSize.Of(config);
        const long f32 = sizeof(float), f64 = sizeof(double);
        long query = config.Layers.Max(layer => layer.QueryHeads) * (long)config.HeadDim, ffn = config.Layers.Max(layer => layer.Ffn);
        long hidden = config.HiddenSize, inFlight = (long)threads * window * f32;

        // A block's weights twice: as read and as the runtime packs them.
        var block = 2 * size.LargestLayer * f32;
        // The residual stream of every token before and after the block, for the dense and for the pruned model.
        var streams = 4 * tokens * hidden * f32;
        var grams = (query * query + ffn * ffn) * f64;
        var calibration = new StageNeed("calibration", block + streams + grams + inFlight * (3 * hidden + ffn + query),
            config.Layers.Sum(layer => Squared((long)layer.QueryHeads * config.HeadDim) + Squared(layer.Ffn)) * f32);
        // Elimination holds the Gram, its inverse and the factor of the wider projection, and that projection's weights twice.
        var widest = Math.Max(query, ffn);
        var levels = new StageNeed("levels", 3 * widest * widest * f64 + 2 * widest * hidden * f64, size.Prunable * f32);
        var weights = size.Total * f32;
        // Sessions of the dense and the pruned model in turn, each with its weights packed, and the logits of one window per thread.
        var latency = new StageNeed("latency", block + config.VocabSize * hidden * f32, 1 << 20);
        var search = new StageNeed("search", 2 * weights + inFlight * (2 * config.VocabSize + hidden), 1 << 20);
        var export = new StageNeed("export", block + 2 * config.VocabSize * hidden * f32, (prunes ? 2 : 1) * weights);
        var proof = new StageNeed("proof", 2 * weights + inFlight * 2 * config.VocabSize, weights);
        return new ResourcePlan(prunes ? [calibration, levels, latency, search, export, proof] : [export]);
    }

    /// <summary>Throws when the disk that holds <paramref name="folder"/> lacks room; gives back what is free, in bytes.</summary>
    public long RequireDisk(string folder)
    {
        var free = FreeDisk.At(folder);
        if (free < DiskBytes)
        {
            throw new BrokenEnvironmentException(
                $"{folder} needs {Bytes.Show(DiskBytes)} of disk but {Bytes.Show(free)} are free; free some space or choose another disk");
        }

        return free;
    }

    private static long Squared(long width) => width * width;
}
