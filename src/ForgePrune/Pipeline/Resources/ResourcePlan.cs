using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Resources;

/// <summary>Memory and disk that a run will need, shown before work starts and checked against the disk.</summary>
/// <param name="Stages">In the order they run.</param>
internal sealed record ResourcePlan(IReadOnlyList<StageNeed> Stages)
{
    /// <summary>.NET, ONNX Runtime, their code and small objects.</summary>
    private const long Process = 200L << 20;

    /// <summary>A block of logits: see <see cref="Evaluation.LogitRows"/>.</summary>
    private const long LogitBytes = 64L << 20;

    private const string Recovery = "recover", Gradient = "gradient";

    /// <summary>The stages run one after another: the largest counts.</summary>
    public long PeakMemoryBytes => Stages.Max(stage => stage.MemoryBytes);

    /// <summary>Everything stays in the folder: the sum counts.</summary>
    public long DiskBytes => Stages.Sum(stage => stage.DiskBytes);

    /// <summary>Estimates a run over a decoder.</summary>
    /// <param name="config">The dense model.</param>
    /// <param name="tokens">Calibration tokens.</param>
    /// <param name="window">Tokens per window.</param>
    /// <param name="latency">Whether levels are timed.</param>
    /// <param name="training">What is trained; null for nothing.</param>
    /// <param name="memory">The bytes that the run is allowed: with enough of them, whole models are timed side by side.</param>
    /// <param name="quantizedBits">Of a weight in a further, quantised export; 0 for none.</param>
    /// <param name="ggufBits">Of a weight in a GGUF file; 0 for none.</param>
    /// <param name="gradient">Whether a gradient of the whole dense model is taken.</param>
    public static ResourcePlan For(ModelConfig config, long tokens, int window, bool latency, TrainingNeed? training = null, long memory = long.MaxValue,
        int quantizedBits = 0, int ggufBits = 0, bool gradient = false)
    {
        const long f32 = sizeof(float), f64 = sizeof(double);
        var size = ModelSize.Of(config);
        long hidden = config.HiddenSize, heads = config.Layers.Max(layer => layer.QueryHeads), query = heads * config.HeadDim;
        long ffn = config.Layers.Max(layer => layer.Ffn), widest = Math.Max(query, ffn);
        // Of a block of experts, each expert has a Gram.
        long expert = config.HasExperts ? config.Mlp.Max(kind => kind.ExpertWidth) : 0, solved = config.HasExperts ? Math.Max(query, expert) : widest;
        var weights = size.Total * f32;
        var layer = size.LargestLayer * f32;
        var vocabulary = size.Head * f32 * (config.TiedEmbeddings ? 1 : 2);
        var square = solved * solved * f64;
        var projection = solved * hidden * f64;
        var stream = tokens * hidden * f32;

        // Activations run in chunks whose widest takes 64 MB; inside a block ONNX Runtime holds five of them, and the scores of attention twice.
        // Within a quarter of what was measured at 15 million, 26 million and 1.1 billion parameters.
        var rows = Math.Min(tokens, Math.Max(window, (1L << 24) / widest / window * window));
        var inside = f32 * rows * ((5 * ffn) + (5 * query) + (2L * window * heads)) + (f32 * rows * (widest + (3 * hidden)));
        // A factor with its problem, and the levels made from it, each of about half a layer.
        var cache = Math.Min(RunMemory.Levels, config.Layers.Count * (2 * (square + projection) + (8 * layer)));

        // What experts add stands beside the stream until all of them have added.
        var calibration = Stage("calibration", (2 * layer) + vocabulary + (config.HasExperts ? 2 * stream : stream) + square + inside,
            config.Layers.Sum(shape => Squared((long)shape.QueryHeads * config.HeadDim) + (config.HasExperts ? shape.Ffn * expert : Squared(shape.Ffn)))
            * f32 / 2);
        // Grams of both texts, Hessian, its inverse and the Gram of the weights; free space between such large arrays is worth another half.
        // Heads have smaller matrices, and several of their sweeps may go on at once.
        var swept = (12 * query * query * f64) + Math.Min(CpuSweeps.Memory, 4 * heads * query * query * f64);
        var levels = Stage("levels", layer + Math.Max(15 * square / 2, swept) + (2 * projection) + inside, 1 << 22);
        // Sessions of made models, in groups; each has embedding and head of its own.
        var timed = Stage("latency", latency ? (1L << 30) + (2 * vocabulary) : 0, 1 << 20);
        // Factors are made one at a time, and stay as far as there is room for them.
        var search = Stage("search", vocabulary + cache + (3 * (square + projection)) + (2 * layer)
            + (RunMemory.Streams / 2) + Math.Min(RunMemory.Streams / 2, 4L * window * config.VocabSize * f32) + (2L * LogitBytes), 1 << 20);
        // What a block of experts lacks stands beside both streams.
        var refit = Stage("refit", vocabulary + cache + (3 * (square + projection)) + (2 * layer) + ((config.HasExperts ? 3 : 2) * stream)
            + inside + (2L * LogitBytes), weights / 2);
        // Pruned model for runtimes and for trainers, and the dense one where something can use it.
        var copies = latency || RunMemory.Served(weights) <= memory ? 3 : 2;
        var export = Stage("export", (2 * layer) + vocabulary, (copies * weights) + Stored(size, quantizedBits) + Stored(size, ggufBits));
        // Models too large for that are loaded one at a time, and those too large for any of it never.
        var (both, one) = (RunMemory.Served(weights, weights), RunMemory.Served(weights));
        var served = new StageNeed("timing and proof", both <= RunMemory.ServedTogether(memory) ? both : one <= memory || latency ? one : 0, 1 << 20);
        // The tables, which were read last, may not have been collected.
        StageNeed[] before = gradient ? [Stage(Gradient, (2 * weights) + vocabulary + Pass(TextGradient.TokensAtOnce), 1 << 20)] : [];
        StageNeed[] after = training is null ? [] : [Trained(training)];
        return new ResourcePlan([calibration, levels, .. before, timed, search, refit, .. after, export, served]);

        // What blocks keep for the way back, what one of them holds on it, and logits with their gradients.
        long Pass(int usual)
        {
            var passed = Math.Max(usual, window);
            return DecoderPass.Kept(config, passed) + (passed * f32 * ((4 * ffn) + (6 * hidden))) + (2L * LogitBytes);
        }

        // Weights, gradients and both moments, the dense model that teaches, and what every block keeps for the way back; on disk the state and the model.
        StageNeed Trained(TrainingNeed need)
        {
            var scope = need.Scope;
            var pass = Pass(scope.UsualTokensAtOnce);
            // A cut holds weights and moments before and after it; on disk both states, and the model on both sides. A scope trains a small part: it holds that
            // part four times, and of both models the vocabulary, some layers, and the one that is read while another has not been collected.
            var trained = f32 * ParameterSpec.Of(config, scope).Sum(parameter => parameter.Elements);
            return scope == RecoveryScope.All ? Stage(Recovery, ((need.Cuts ? 8 : 5) * weights) + pass, (need.Cuts ? 8 : 4) * weights)
                : Stage(Recovery, (4 * trained) + (2 * (vocabulary + FrozenWeights.Kept + (2 * layer))) + pass, (3 * trained) + weights);
        }
    }

    /// <summary>Throws when training the pruned model, or a gradient of the dense one, would take more memory than is allowed.</summary>
    /// <param name="cure">What to do besides raising the limit, where training does not fit.</param>
    public void RequireTraining(long allowed, string cure = "leave `Recovery` out")
    {
        foreach (var (name, way) in ((string, string)[])[(Recovery, cure), (Gradient, "take another `Method`")])
            if (Stages.SingleOrDefault(stage => stage.Stage == name)?.MemoryBytes is { } needed && needed > allowed)
                throw RecoveryErrors.TooLittleMemory(needed, allowed, way);
    }

    /// <summary>Throws when the disk that holds <paramref name="folder"/> lacks room; gives back what is free, in bytes.</summary>
    /// <remarks>What a run left in the folder is room: it is reused, or goes before it is made again.</remarks>
    public long RequireDisk(string folder)
    {
        var free = FreeDisk.At(folder);
        var needed = Math.Max(0, DiskBytes - FreeDisk.UsedBy(folder));
        if (free < needed)
        {
            throw new BrokenEnvironmentException(
                $"{folder} needs {Bytes.Show(needed)} of disk but {Bytes.Show(free)} are free; free some space or choose another disk");
        }

        return free;
    }

    /// <param name="bytes">Of data, beside what the process and garbage take.</param>
    private static StageNeed Stage(string name, long bytes, long disk) => new(name, Process + LargeArrays.Allowed + bytes, disk);

    /// <summary>Floats; or embedding in float32, head in eight bits, and the rest in codes, where a scale for as few as 16 weights adds two bits to each.</summary>
    private static long Stored(ModelSize size, int bits) => bits switch
    {
        0 => 0,
        >= 16 => size.Total * bits / 8,
        _ => (size.Total * (bits + 2) / 8) + (6 * size.Head),
    };

    private static long Squared(long width) => width * width;
}
