using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Training;

/// <summary>Trains a pruned model step by step. Master weights, gradients and moments are float32 and all held here; a step makes no large array.</summary>
public sealed class RecoveryTrainer
{
    /// <summary>Changes when the same start is trained to other weights, or the state has another layout.</summary>
    public static StageFormat Format { get; } = new("training", 1);

    private readonly RecoveryOptions options;
    private readonly RecoveryObjective objective;
    private readonly TokenWindows windows;
    private readonly WindowOrder order;
    private readonly OptimizerState state;
    private readonly IWeightPenalty? penalty;
    private readonly float[] gradients;
    private readonly int[] ids;
    private readonly int threads;

    /// <param name="start">The pruned model; it is copied.</param>
    /// <param name="teacher">The dense model; read only where the loss is <see cref="RecoveryLoss.Kl"/>.</param>
    /// <param name="windows">At least one.</param>
    public RecoveryTrainer(IDecoderModel start, IDecoderModel teacher, TokenWindows windows, RecoveryOptions options, int threads)
        : this(new OptimizerState(new DecoderParameters(start)), options.Loss == RecoveryLoss.Kl ? new DecoderParameters(teacher) : null, windows, options,
            SourceHash.Of("recovery", start.ContentHash, teacher.ContentHash, windows.Hash, options.ToString()), threads)
    {
    }

    /// <summary>A training that goes on from a state, as after a cut in its midst; the state is changed.</summary>
    /// <param name="teacher">Read only where the loss is <see cref="RecoveryLoss.Kl"/>.</param>
    /// <param name="source">What a saved state belongs to.</param>
    public RecoveryTrainer(
        OptimizerState state, DecoderParameters? teacher, TokenWindows windows, RecoveryOptions options, SourceHash source,
        int threads, IWeightPenalty? penalty = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        (this.state, this.options, this.windows, this.penalty, this.threads) = (state, options, windows, penalty, threads);
        var layout = state.Parameters.Layout;
        objective = new RecoveryObjective(
            layout, options.Loss == RecoveryLoss.Kl ? teacher : null, options.WindowsAtOnce(windows.Length), windows.Length, threads);
        order = new WindowOrder(windows.Count, options.Seed);
        gradients = LargeArray.Zeros<float>(layout.Count);
        ids = new int[options.WindowsAtOnce(windows.Length) * windows.Length];
        Source = source;
    }

    /// <summary>What a state belongs to.</summary>
    public SourceHash Source { get; }

    /// <summary>Steps that are done.</summary>
    public int Done => state.Done;

    public int Steps => options.Steps(windows.Length);

    public long TokensPerStep => (long)options.WindowsPerStep(windows.Length) * windows.Length;

    /// <summary>Mean loss of every step, as it was before the update.</summary>
    public IReadOnlyList<double> Losses => state.Losses;

    /// <summary>The model as it is now.</summary>
    public IDecoderModel Model => state.Parameters.ToModel();

    /// <summary>One update. Gives the mean loss of its predictions in nats, as it was before the update.</summary>
    /// <exception cref="Errors.BadInputException">The loss is no finite number any more.</exception>
    public double Next()
    {
        int all = options.WindowsPerStep(windows.Length), atOnce = options.WindowsAtOnce(windows.Length), length = windows.Length;
        var predictions = (double)all * (length - 1);
        var loss = 0.0;
        for (var first = 0; first < all; first += atOnce)
        {
            var count = Math.Min(atOnce, all - first);
            for (var window = 0; window < count; window++)
                windows.Window(order.At((long)Done * all + first + window)).CopyTo(ids.AsSpan(window * length));
            loss += objective.Add(state.Parameters.Values, gradients, ids.AsSpan(0, count * length), (float)(1 / predictions));
        }

        var norm = GradientNorm.Of(gradients, threads);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw RecoveryErrors.Diverged(Done + 1, options.Rate);
        Update(GradientNorm.Clip(norm, options.ClipNorm));
        penalty?.Apply(state.Parameters.Layout, state.Parameters.Values, Done, Steps);
        state.Advance(loss / predictions);
        return loss / predictions;
    }

    /// <summary>Mean loss of the predictions of whole windows in nats, as the weights are now.</summary>
    /// <param name="ids">No more windows than go through the model at once.</param>
    public double Measure(ReadOnlySpan<int> ids) => objective.Measure(state.Parameters.Values, ids) / (ids.Length / windows.Length * (windows.Length - 1.0));

    /// <summary>Goes on where <see cref="Save"/> left off; nothing happens where there is no such file.</summary>
    public void Resume(string path)
    {
        if (File.Exists(path))
            state.Load(path, Source);
    }

    /// <summary>Writes everything the next step depends on, by write-then-rename.</summary>
    public void Save(string path) => state.Save(path, Source);

    private void Update(float scale)
    {
        var rate = options.Rate * options.Schedule.At(Done, Steps);
        var layout = state.Parameters.Layout;
        foreach (var tensor in layout.Tensors)
        {
            var decay = tensor.IsVector ? 0 : options.WeightDecay;
            Span<float> Part(float[] values) => layout.Of(values, tensor.Role, tensor.Layer);
            new AdamW(rate, options.Beta1, options.Beta2, options.Epsilon, decay, Done + 1)
                .Apply(Part(state.Parameters.Values), Part(gradients), Part(state.Means), Part(state.Squares), threads, scale);
        }
    }
}
