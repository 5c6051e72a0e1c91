using ForgePrune.Latency;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Tests.Timing;

public sealed class OpeningOrderTests
{
    private static readonly TimingSettings Settings = new() { Threads = 1, Prompt = 3, Context = 2 };

    [Test]
    public void Every_model_is_opened_as_often_before_as_after_another()
    {
        foreach (var models in new[] { 1, 2, 3, 5 })
        {
            var opened = new List<int>();
            var open = Enumerable.Range(0, models).Select(i => (Func<IServedDecoder>)(() =>
            {
                opened.Add(i);
                return new Counted();
            })).ToArray();
            RotationBench.Run(open, Settings, maxSeconds: 0.01);
            Assert.That(opened, Has.Count.EqualTo(models * RotationBench.UsualOpenings));
            var places = opened.Select((model, place) => (model, place: place % models)).GroupBy(pair => pair.model).ToArray();
            Assert.That(places.Select(group => group.Sum(pair => pair.place)), Is.All.EqualTo(RotationBench.UsualOpenings * (models - 1) / 2));
        }
    }

    [Test]
    public void Whatever_is_opened_is_closed_again()
    {
        var opened = new List<Counted>();
        RotationBench.Run([Open, Open], Settings, maxSeconds: 0.01);
        Assert.That(opened.Select(decoder => decoder.Closed), Is.All.EqualTo(1));
        opened.Clear();
        Assert.That(() => RotationBench.Run([Open, () => throw new IOException("no memory")], Settings), Throws.TypeOf<IOException>());
        Assert.That(opened.Select(decoder => decoder.Closed), Is.EqualTo(new[] { 1 }));

        IServedDecoder Open()
        {
            opened.Add(new Counted());
            return opened[^1];
        }
    }

    [Test]
    public void Openings_of_one_order_are_alike_where_there_are_two_of_each()
    {
        Assert.That(OpeningOrder.Alike(6), Is.EqualTo(new[] { new[] { 0, 3, 4 }, [1, 2, 5] }));
        Assert.That(OpeningOrder.Alike(4), Is.EqualTo(new[] { new[] { 0, 3 }, [1, 2] }));
        Assert.That(OpeningOrder.Alike(2), Is.EqualTo(new[] { new[] { 0, 1 } }));
        Assert.That(OpeningOrder.Alike(1), Is.EqualTo(new[] { new[] { 0 } }));
    }

    private sealed class Counted : IServedDecoder, IDecoderState
    {
        public int Closed { get; private set; }

        public int VocabSize => 5;

        public int Batch => 1;

        public int Capacity => 8;

        public int Length { get; private set; }

        public IDecoderState NewState(int batch, int capacity) => new Counted();

        public void Rewind(int length) => Length = length;

        public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens)
        {
            Length += tokens.Length;
            return default;
        }

        public void Dispose() => Closed++;
    }
}
