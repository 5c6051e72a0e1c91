using ForgePrune.Errors;
using ForgePrune.Runs;

namespace ForgePrune.Tests.Runs;

public sealed class PruneTargetTests
{
    [TestCase("1.5x", null, "decode 1.5x")]
    [TestCase("2x", PruneMetric.Prefill, "prefill 2x")]
    [TestCase("0.5", null, "prunable 0.5")]
    [TestCase(".7", PruneMetric.Parameters, "parameters 0.7")]
    public void Speed_ups_and_shares_are_told_apart(string target, PruneMetric? metric, string expected) =>
        Assert.That(PruneTarget.Parse(target, metric).ToString(), Is.EqualTo(expected));

    [TestCase("", null)]
    [TestCase("x", null)]
    [TestCase("fast", null)]
    [TestCase("-0.5", null)]
    [TestCase("1e-1", null)]
    [TestCase("NaN", null)]
    [TestCase("0", null)]
    [TestCase("1", null)]
    [TestCase("1x", null)]
    [TestCase("1000x", null)]
    [TestCase("1,5x", null)]
    [TestCase("1.5x", PruneMetric.Bytes)]
    [TestCase("0.5", PruneMetric.Decode)]
    public void Anything_else_is_one_sentence(string target, PruneMetric? metric) =>
        Assert.That(() => PruneTarget.Parse(target, metric), Throws.TypeOf<BadInputException>().With.Message.Contains("--target"));
}
