using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Training;

/// <summary>Trains a pruned model step by step with AdamW (Loshchilov and Hutter 2019, algorithm 2). Weights, gradients and moments are float32.
/// Where all weights are trained, everything stays in memory; where most are frozen, so do the trained ones, and layers of both models are read as
/// needed.</summary>
public sealed class RecoveryTrainer
{
    /// <summary>The version of the result: it changes when the same start is trained to different weights, or when the layout of the state changes.</summary>
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

    /// <summary>A training from its first step.</summary>
    /// <param name="start">The pruned model; its weights are copied, or read as long as training lasts where <see cref="RecoveryOptions.Scope"/> freezes most
    /// of them. Then it should be one whose layers are stored, not computed.</param>
    /// <param name="teacher">The dense model; read only for <see cref="RecoveryLoss.Kl"/>, and in the same way.</param>
    /// <param name="windows">The text as token ids; at least one window.</param>
    /// <param name="options">The options.</param>
    /// <param name="threads">The largest number of threads; the result is the same for every number.</param>
    /// <exception cref="Errors.BadInputException">The model has more parameters than one array holds, or a token id lies outside of the
    /// vocabulary.</exception>
    public RecoveryTrainer(IDecoderModel start, IDecoderModel teacher, TokenWindows windows, RecoveryOptions options, int threads)
        : this(Begin(start, options), Teacher(teacher, options), windows, options,
            SourceHash.Of("recovery", start.ContentHash, teacher.ContentHash, windows.Hash, options.ToString()), threads, null)
    {
    }

    /// <summary>A training that continues from a state, for example after a cut during training. Steps change the state.</summary>
    /// <param name="teacher">The parameters of the dense model; read only for <see cref="RecoveryLoss.Kl"/>, otherwise null.</param>
    /// <param name="state">The state to continue from.</param>
    /// <param name="windows">The text as token ids; at least one window.</param>
    /// <param name="options">The options.</param>
    /// <param name="source">The hash of everything that the training depends on; saved states carry it.</param>
    /// <param name="threads">The largest number of threads; the result is the same for every number.</param>
    /// <param name="penalty">The penalty on weights after each update; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no window.</exception>
    public RecoveryTrainer(
        OptimizerState state, DecoderParameters? teacher, TokenWindows windows, RecoveryOptions options, SourceHash source,
        int threads, IWeightPenalty? penalty = null)
        : this(state, (IPassWeights?)teacher, windows, options, source, threads, penalty)
    {
    }

    private RecoveryTrainer(
        OptimizerState state, IPassWeights? teacher, TokenWindows windows, RecoveryOptions options, SourceHash source, int threads, IWeightPenalty? penalty)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        (this.state, this.options, this.windows, this.penalty, this.threads) = (state, options, windows, penalty, threads);
        var layout = state.Trained.Layout;
        objective = new RecoveryObjective(
            layout, options.Loss == RecoveryLoss.Kl ? teacher : null, options.WindowsAtOnce(windows.Length), windows.Length, threads);
        order = new WindowOrder(windows.Count, options.Seed);
        gradients = LargeArray.Zeros<float>(layout.Count);
        ids = new int[options.WindowsAtOnce(windows.Length) * windows.Length];
        Source = source;
    }

    /// <summary>The hash of everything that the training depends on; saved states carry it.</summary>
    public SourceHash Source { get; }

    /// <summary>The number of steps done.</summary>
    public int Done => state.Done;

    /// <summary>The number of steps of the whole training.</summary>
    public int Steps => options.Steps(windows.Length);

    /// <summary>The tokens of one step.</summary>
    public long TokensPerStep => (long)options.WindowsPerStep(windows.Length) * windows.Length;

    /// <summary>The mean loss of every step before its update, in nats per token.</summary>
    public IReadOnlyList<double> Losses => state.Losses;

    /// <summary>The model with the present weights.</summary>
    public IDecoderModel Model => state.Trained.ToModel();

    /// <summary>Takes one step and returns its mean loss before the update, in nats per token.</summary>
    /// <exception cref="Errors.BadInputException">The training diverged: the loss is infinite or NaN.</exception>
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
            loss += objective.Add(state.Trained, gradients, ids.AsSpan(0, count * length), (float)(1 / predictions));
        }

        var norm = GradientNorm.Of(gradients, threads);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw RecoveryErrors.Diverged(Done + 1, options.Rate);
        Update(GradientNorm.Clip(norm, options.ClipNorm));
        penalty?.Apply(state.Trained.Layout, state.Trained.Values, Done, Steps);
        state.Advance(loss / predictions);
        return loss / predictions;
    }

    /// <summary>The mean loss of the predictions of whole windows with the present weights, in nats per token.</summary>
    /// <param name="ids">The ids of whole windows, at most <see cref="RecoveryOptions.WindowsAtOnce"/> of them.</param>
    public double Measure(ReadOnlySpan<int> ids) => objective.Measure(state.Trained, ids) / (ids.Length / windows.Length * (windows.Length - 1.0));

    /// <summary>The mean loss of the predictions of a text with the present weights, in nats per token.</summary>
    /// <param name="judged">Windows of the length of those trained on; at least one.</param>
    internal double Measure(TokenWindows judged)
    {
        ArgumentOutOfRangeException.ThrowIfZero(judged.Count);
        var (atOnce, length, loss) = (options.WindowsAtOnce(windows.Length), windows.Length, 0.0);
        ArgumentOutOfRangeException.ThrowIfNotEqual(judged.Length, length);
        for (var first = 0; first < judged.Count; first += atOnce)
        {
            var count = Math.Min(atOnce, judged.Count - first);
            for (var window = 0; window < count; window++)
                judged.Window(first + window).CopyTo(ids.AsSpan(window * length));
            loss += count * Measure(ids.AsSpan(0, count * length));
        }

        return loss / judged.Count;
    }

    /// <summary>Restores the state that <see cref="Save"/> wrote; a missing file changes nothing.</summary>
    public void Resume(string path)
    {
        if (File.Exists(path))
            state.Load(path, Source);
    }

    /// <summary>Writes everything that the next step depends on. The file appears whole, by rename.</summary>
    public void Save(string path) => state.Save(path, Source);

    private static OptimizerState Begin(IDecoderModel start, RecoveryOptions options) => options.Scope == RecoveryScope.All
        ? new OptimizerState(new DecoderParameters(start))
        : new OptimizerState(new ScopedWeights(start, options.Scope, options.Seed));

    private static IPassWeights? Teacher(IDecoderModel teacher, RecoveryOptions options) => options switch
    {
        { Loss: RecoveryLoss.Ce } => null,
        { Scope: var scope } when scope == RecoveryScope.All => new DecoderParameters(teacher),
        _ => new FrozenWeights(teacher),
    };

    private void Update(float scale)
    {
        var rate = options.Rate * options.Schedule.At(Done, Steps);
        var layout = state.Trained.Layout;
        foreach (var parameter in layout.Parameters)
        {
            var decay = parameter.IsVector ? 0 : options.WeightDecay;
            Span<float> Part(float[] values) => layout.Of(values, parameter);
            new AdamW(rate, options.Beta1, options.Beta2, options.Epsilon, decay, Done + 1)
                .Apply(Part(state.Trained.Values), Part(gradients), Part(state.Means), Part(state.Squares), threads, scale);
        }
    }
}
