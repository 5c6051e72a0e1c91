using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class RecoveryTrainerTests
{
    private static readonly RecoveryOptions Options = new()
    {
        Tokens = 400,
        TokensPerStep = 20,
        TokensAtOnce = 10,
        Rate = 1e-2,
        WeightDecay = 0.01,
        Schedule = new(ScheduleShape.Wsd, 0.1),
    };

    private static readonly TokenWindows Windows = new(SyntheticDecoders.Window, SyntheticDecoders.Ids(7, 1));

    [Test]
    public void Loss_falls([Values] RecoveryLoss loss)
    {
        using var trainer = Made.Of(Options with { Loss = loss, Tokens = 3000 });
        var first = trainer.Trainer.Next();
        var last = first;
        while (trainer.Trainer.Done < trainer.Trainer.Steps)
            last = trainer.Trainer.Next();
        Assert.That(trainer.Trainer.Steps, Is.EqualTo(150));
        Assert.That(last, Is.LessThan(0.5 * first));
    }

    [Test]
    public void Nothing_that_was_removed_comes_back()
    {
        using var trainer = Made.Of(Options);
        trainer.Trainer.Next();
        Assert.That(trainer.Trainer.Model.Config, Is.EqualTo(trainer.Start.Config));
        Assert.That(ModelTensors.Read(trainer.Trainer.Model).Select(tensor => tensor.Spec), Is.EqualTo(TensorLayout.Of(trainer.Start.Config)));
    }

    [Test]
    public void Threads_do_not_change_a_bit_and_accumulation_only_the_rounding()
    {
        float[] Weights(RecoveryOptions options, int threads)
        {
            using var made = Made.Of(options, threads);
            RunToEnd(made.Trainer);
            return new DecoderParameters(made.Trainer.Model).Values;
        }

        // Three steps of 1e-3: Adam divides by the gradient's size, so rounding can turn a vanishing one round, which costs two steps.
        var options = Options with { Tokens = 60, Rate = 1e-3 };
        var parts = Weights(options, threads: 1);
        Assert.That(Weights(options, threads: 3), Is.EqualTo(parts));
        var whole = Weights(options with { TokensAtOnce = 20 }, threads: 1);
        Assert.That(whole.Select((value, i) => Math.Abs(value - parts[i])).Average(), Is.LessThan(1e-5));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(19)]
    public void A_training_that_is_stopped_and_goes_on_ends_with_the_same_bytes(int stopAfter)
    {
        using var folder = new TemporaryFolder();
        using var whole = Made.Of(Options);
        RecoveryRun.Finish(whole.Trainer, folder["whole/state"], RecoveryRun.Usual);

        using (var broken = Made.Of(Options))
        {
            using var stop = new CancellationTokenSource();
            Assert.That(() => RecoveryRun.Finish(broken.Trainer, folder["broken/state"], RecoveryRun.Usual,
                new StopAt(stopAfter * broken.Trainer.TokensPerStep, stop), stop.Token),
                Throws.InstanceOf<OperationCanceledException>());
            Assert.That(broken.Trainer.Done, Is.EqualTo(stopAfter));
        }

        using var resumed = Made.Of(Options);
        var heard = new Heard();
        RecoveryRun.Finish(resumed.Trainer, folder["broken/state"], RecoveryRun.Usual, heard);
        Assert.That(heard.Reports, Has.Count.EqualTo(whole.Trainer.Steps - stopAfter), "it did not start afresh");
        Assert.That(resumed.Trainer.Losses, Has.Count.EqualTo(whole.Trainer.Steps).And.EqualTo(whole.Trainer.Losses), "those of before the stop too");
        Assert.That(resumed.Trainer.Model.ContentHash, Is.EqualTo(whole.Trainer.Model.ContentHash));
        Assert.That(File.ReadAllBytes(folder["broken/state"]), Is.EqualTo(File.ReadAllBytes(folder["whole/state"])), "moments and step too");
    }

    [Test]
    public void States_are_left_on_the_way()
    {
        using var folder = new TemporaryFolder();
        using var trainer = Made.Of(Options);
        var states = new List<string>();
        RecoveryRun.Finish(trainer.Trainer, folder["state"], TimeSpan.Zero, new Each(
            () => states.Add(File.Exists(folder["state"]) ? Convert.ToHexString(File.ReadAllBytes(folder["state"])) : "")));
        Assert.That(states.Distinct().Count(), Is.EqualTo(trainer.Trainer.Steps), "a new one after every step");
    }

    [Test]
    public void A_state_of_another_training_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var one = Made.Of(Options);
        one.Trainer.Save(folder["state"]);
        using var other = Made.Of(Options with { Rate = 1e-3 });
        Assert.That(() => other.Trainer.Resume(folder["state"]), Throws.InstanceOf<ForgePruneException>().With.Message.Contains(folder["state"]));
    }

    [Test]
    public void A_loss_that_is_no_number_is_one_sentence()
    {
        using var trainer = Made.Of(Options with { Rate = 1e30, Tokens = 1000 });
        Assert.That(() => RunToEnd(trainer.Trainer), Throws.TypeOf<BadInputException>().With.Message.Contains("smaller `Rate`"));
    }

    [Test]
    public void Every_reading_gives_each_window_once_in_another_order()
    {
        const int count = 50;
        var order = new WindowOrder(count, seed: 3);
        int[] Reading(int number) => [.. Enumerable.Range(0, count).Select(i => order.At(number * (long)count + i))];
        var (first, second) = (Reading(0), Reading(1));
        Assert.That(first.Order(), Is.EqualTo(Enumerable.Range(0, count)));
        Assert.That(second.Order(), Is.EqualTo(Enumerable.Range(0, count)));
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(Reading(0), Is.EqualTo(first), "whatever was asked before");
        Assert.That(new WindowOrder(count, seed: 4).At(0) == first[0] && new WindowOrder(count, seed: 4).At(1) == first[1], Is.False);
    }

    [TestCase(ScheduleShape.Constant, 0, 0.2)]
    [TestCase(ScheduleShape.Constant, 5, 1)]
    [TestCase(ScheduleShape.Constant, 49, 1)]
    [TestCase(ScheduleShape.Cosine, 4, 1)]
    [TestCase(ScheduleShape.Cosine, 5, 1)]
    [TestCase(ScheduleShape.Cosine, 20, 0.75)]
    [TestCase(ScheduleShape.Cosine, 35, 0.25)]
    [TestCase(ScheduleShape.Wsd, 40, 1)]
    [TestCase(ScheduleShape.Wsd, 45, 0.5)]
    [TestCase(ScheduleShape.Wsd, 49, 0.1)]
    public void Rates_rise_and_fall(ScheduleShape shape, int step, double share) =>
        Assert.That(new LearningSchedule(shape, WarmUp: 0.1, Decay: 0.2).At(step, 50), Is.EqualTo(share).Within(1e-12));

    [Test]
    public void A_single_step_has_a_rate([Values] ScheduleShape shape) => Assert.That(new LearningSchedule(shape, 0.1).At(0, 1), Is.EqualTo(1));

    private static void RunToEnd(RecoveryTrainer trainer)
    {
        while (trainer.Done < trainer.Steps)
            trainer.Next();
    }

    private sealed record Made(IDecoderModel Start, IDecoderModel Teacher, RecoveryTrainer Trainer) : IDisposable
    {
        public static Made Of(RecoveryOptions options, int threads = 2)
        {
            var (start, teacher) = (SyntheticDecoders.Model("qwen3, norms of queries and keys", 3), SyntheticDecoders.Model("llama, tied", 4));
            return new Made(start, teacher, new RecoveryTrainer(start, teacher, Windows, options, threads));
        }

        public void Dispose()
        {
            Start.Dispose();
            Teacher.Dispose();
        }
    }

    private sealed class Heard : IProgress<RecoveryProgress>
    {
        public List<RecoveryProgress> Reports { get; } = [];

        public void Report(RecoveryProgress value) => Reports.Add(value);
    }

    private sealed class Each(Action action) : IProgress<RecoveryProgress>
    {
        public void Report(RecoveryProgress value) => action();
    }

    private sealed class StopAt(long tokens, CancellationTokenSource stop) : IProgress<RecoveryProgress>
    {
        public void Report(RecoveryProgress value)
        {
            if (value.Tokens >= tokens)
                stop.Cancel();
        }
    }
}
