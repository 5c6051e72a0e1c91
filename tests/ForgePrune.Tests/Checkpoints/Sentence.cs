using ForgePrune.Errors;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>What every message to a user must be: one sentence that names the place and gives a cure.</summary>
internal static class Sentence
{
    public static void AssertBadInput(Action action, string names, string says)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => action())!;
        AssertOne(error.Message, names, says);
    }

    public static void AssertOne(string message, string names, string says)
    {
        Assert.That(message, Does.Contain(names).And.Contain(says));
        Assert.That(message, Does.EndWith(".").And.Not.Contain(". ").And.Not.Contain("\n"), "one sentence");
        Assert.That(message, Does.Match("; [a-z]"), "a cure after the semicolon");
    }
}
