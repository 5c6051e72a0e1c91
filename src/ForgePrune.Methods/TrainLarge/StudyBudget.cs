using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Training;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>How many tokens each size is trained on, so that all take the same computing: that of the smallest model. A size that is compressed later
/// spends a quarter of it on distillation. Whole steps, never more than the budget.</summary>
internal sealed class StudyBudget
{
    // What the models compute in all, where the user names no tokens: minutes on two cores.
    private const double UsualFlops = 4e12, QuickFlops = 6e11;

    private const double DistilledShare = 0.25;

    /// <summary>Small models learn more from many small steps.</summary>
    private const int TokensPerStep = 1024;

    private readonly ModelConfig smallest;
    private readonly int window;

    private StudyBudget(ModelConfig smallest, int window, long steps) =>
        (this.smallest, this.window, Tokens) = (smallest, window, steps * Step(window));

    /// <summary>Of the smallest model.</summary>
    public long Tokens { get; }

    /// <summary>Floating-point operations of every size.</summary>
    public long Flops => Tokens * TrainingCompute.Training(smallest, window);

    public static StudyBudget Of(StudySettings settings, ModelConfig smallest)
    {
        var tokens = settings.Tokens ?? (settings.Quick ? QuickFlops : UsualFlops) / TrainingCompute.Training(smallest, settings.Window);
        return new StudyBudget(smallest, settings.Window, (long)Math.Max(1, Math.Ceiling(tokens / Step(settings.Window))));
    }

    /// <summary>Tokens from random weights: the smallest takes all, a larger one leaves a quarter of the budget.</summary>
    /// <exception cref="BadInputException">Not one step is paid for.</exception>
    public long Trained(int size, ModelConfig config)
    {
        if (IsSmallest(config))
            return Tokens;
        // Whatever it is pruned to, a step of distillation costs no more than one with nothing pruned.
        var (training, distillation) = (TrainingCompute.Training(config, window), TrainingCompute.Distillation(config, config, window));
        var least = Math.Max(training / (1 - DistilledShare), distillation / DistilledShare) * Step(window);
        if (Flops < least)
        {
            var enough = (long)Math.Ceiling(least / TrainingCompute.Training(smallest, window) / Step(window)) * Step(window);
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                $"`Tokens` {Tokens} pay for too few steps of size {size}; give at least {enough}, or leave that size out"));
        }

        return Whole(Flops * (1 - DistilledShare) / training);
    }

    /// <summary>Tokens of distillation: what training left of the budget.</summary>
    /// <param name="pruned">The student; its attention may be wider or narrower than the smallest's.</param>
    public long Distilled(ModelConfig pruned, ModelConfig config) => Whole(
        (Flops - (double)(Whole(Flops * (1 - DistilledShare) / TrainingCompute.Training(config, window)) * TrainingCompute.Training(config, window)))
        / TrainingCompute.Distillation(pruned, config, window));

    public bool IsSmallest(ModelConfig config) => config.Layers.SequenceEqual(smallest.Layers);

    public RecoveryOptions Training(long tokens, StudySettings settings) => new()
    {
        Tokens = tokens,
        Loss = RecoveryLoss.Ce,
        Rate = settings.Rate,
        Schedule = new LearningSchedule(ScheduleShape.Wsd, WarmUp: 0.02, Decay: 0.2),
        TokensPerStep = TokensPerStep,
        TokensAtOnce = TokensPerStep,
        WeightDecay = 0.1,
        Seed = settings.Seed,
    };

    /// <summary>Towards the model that was pruned, at a quarter of the rate: the weights are no longer random.</summary>
    public RecoveryOptions Distillation(long tokens, StudySettings settings) => Training(tokens, settings) with
    {
        Loss = RecoveryLoss.Kl,
        Rate = settings.Rate / 4,
        Schedule = new LearningSchedule(ScheduleShape.Cosine, WarmUp: 0.05),
    };

    private long Whole(double tokens) => (long)(tokens / Step(window)) * Step(window);

    private static long Step(int window) => (long)Math.Max(1, TokensPerStep / window) * window;
}
