using ForgePrune.Latency;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Tests.Timing;

/// <summary>Models whose calls take seconds are timed with fewer of them.</summary>
public sealed class SlowModelsTests
{
    [TestCase(0, 0, 6)]
    [TestCase(9.9, 1.9, 6)]
    [TestCase(10.1, 1.9, 4)]
    [TestCase(0, 2.1, 2)]
    [TestCase(10.1, 2.1, 2)]
    public void The_longer_models_take_to_load_and_to_run_the_less_often_are_they_opened(double load, double round, int openings) =>
        Assert.That(RotationBench.Openings(load, round), Is.EqualTo(openings));

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
