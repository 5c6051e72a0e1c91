using ForgePrune.Latency;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Tests.Timing;

/// <summary>Models whose calls take seconds are timed with fewer of them.</summary>
public sealed class SlowModelsTests
{
    [TestCase(0, 6)]
    [TestCase(1.9, 6)]
    [TestCase(2.1, 2)]
    public void Models_that_take_long_to_load_are_opened_once_in_both_orders(double seconds, int openings) =>
        Assert.That(RotationBench.Openings(seconds), Is.EqualTo(openings));

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
