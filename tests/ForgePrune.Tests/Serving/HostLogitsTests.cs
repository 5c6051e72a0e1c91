using ForgePrune.Errors;
using ForgePrune.Serving;

namespace ForgePrune.Tests.Serving;

public sealed class HostLogitsTests
{
    // 2^29 floats are 2^31 bytes, one more than are counted.
    [TestCase(1, 0, 5, 0)]
    [TestCase(1, 128, 262144, 1 << 25)]
    [TestCase(1, (1 << 29) - 1, 1, (1 << 29) - 1)]
    public void Logits_of_a_call_are_counted(int sequences, int tokens, int vocabulary, int count) =>
        Assert.That(HostLogits.Count(sequences, tokens, vocabulary), Is.EqualTo(count));

    [TestCase(1, 1 << 29, 1)]
    [TestCase(4096, 512, 512)]
    [TestCase(4096, 1 << 20, 262144)]
    public void Too_many_are_one_sentence(int sequences, int tokens, int vocabulary) =>
        Assert.That(() => HostLogits.Count(sequences, tokens, vocabulary), Throws.TypeOf<BadInputException>().With.Message.Contains("take fewer or shorter"));
}
