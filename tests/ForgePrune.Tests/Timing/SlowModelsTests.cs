using ForgePrune.Latency;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Tests.Timing;

/// <summary>Models whose calls take seconds are timed with fewer of them.</summary>
public sealed class SlowModelsTests
{
    [TestCase(0, 0, 15)]
    [TestCase(3, 5.9, 15)]
    [TestCase(3, 6.1, 6)]
    [TestCase(0, 30, 6)]
    public void Rounds_of_more_than_two_seconds_may_be_few(int rounds, double seconds, int fewest) =>
        Assert.That(RotationBench.Fewest(rounds, seconds), Is.EqualTo(fewest));

    [Test]
    [Category("Slow")]
    public void Only_short_calls_are_preceded_by_one_that_is_not_timed()
    {
        foreach (var (milliseconds, expected) in new[] { (0, 2), ((int)(1000 * ModelTimer.LongCall) + 20, 1) })
        {
            var model = new Sleeper(milliseconds);
            using var timer = new ModelTimer(model, Phase.Prefill, new TimingSettings { Threads = 1, Prompt = 3 });
            timer.Turn();
            var before = model.Calls;
            Assert.That(before, Is.EqualTo(2), "how long a call takes is not known yet");
            timer.Turn();
            Assert.That(model.Calls - before, Is.EqualTo(expected), $"calls of {milliseconds} ms");
        }
    }

    private sealed class Sleeper(int milliseconds) : IServedDecoder, IDecoderState
    {
        public int Calls { get; private set; }

        public int VocabSize => 5;

        public int Batch => 1;

        public int Capacity => 8;

        public int Length { get; private set; }

        public IDecoderState NewState(int batch, int capacity) => this;

        public void Rewind(int length) => Length = length;

        public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens)
        {
            Calls++;
            Length += tokens.Length;
            Thread.Sleep(milliseconds);
            return default;
        }

        public void Dispose()
        {
        }
    }
}
