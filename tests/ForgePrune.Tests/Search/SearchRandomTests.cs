using ForgePrune.Search;

namespace ForgePrune.Tests.Search;

public sealed class SearchRandomTests
{
    [Test]
    public void Follows_the_published_recurrence()
    {
        // xoshiro256** from the state 1, 2, 3, 4: the first words of the authors' C program.
        var random = new SearchRandom([1, 2, 3, 4]);
        Assert.That(Enumerable.Range(0, 4).Select(_ => random.NextWord()), Is.EqualTo(new ulong[] { 11520, 0, 1509978240, 1215971899390074240 }));
    }

    [Test]
    public void Goes_on_from_its_state()
    {
        var one = new SearchRandom(42);
        one.NextWord();
        var two = new SearchRandom(one.State);
        Assert.That(Enumerable.Range(0, 9).Select(_ => two.Below(1000)), Is.EqualTo(Enumerable.Range(0, 9).Select(_ => one.Below(1000)).ToArray()));
    }

    [Test]
    public void Draws_every_value_below_the_bound_and_no_other()
    {
        var random = new SearchRandom(0);
        Assert.That(Enumerable.Range(0, 1000).Select(_ => random.Below(7)).Distinct().Order(), Is.EqualTo(Enumerable.Range(0, 7)));
        Assert.That(random.Below(1), Is.Zero);
        Assert.That(() => random.Below(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
