using ForgePrune.Evaluation;

namespace ForgePrune.Tests.Evaluation;

public sealed class EvaluationResultTests
{
    [Test]
    public void Windows_that_were_scored_one_by_one_have_the_same_weight()
    {
        var result = EvaluationResult.Of([new(1, 0.5), new(3, 0.25), new(2, 0)]);
        Assert.That((result.Perplexity, result.Kl), Is.EqualTo((Math.Exp(2), 0.25)));
    }

    [Test]
    public void Without_a_reference_there_is_no_divergence() => Assert.That(EvaluationResult.Of([new(1, null), new(3, null)]).Kl, Is.Null);
}
