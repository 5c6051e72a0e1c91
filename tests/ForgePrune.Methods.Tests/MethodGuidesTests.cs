using ForgePrune.Errors;
using ForgePrune.Pipeline;

namespace ForgePrune.Methods.Tests;

public sealed class MethodGuidesTests
{
    [Test]
    public void Every_method_has_one_guide_and_no_guide_describes_another()
    {
        Assert.That(MethodGuides.All.SelectMany(guide => guide.Methods), Is.EquivalentTo(MethodCatalog.All.Select(method => method.Name)));
        Assert.That(MethodGuides.All.Select(guide => guide.Name), Is.Unique);
        foreach (var method in MethodCatalog.All)
            Assert.That(MethodGuides.Find(method.Name).Methods, Does.Contain(method.Name));
        Assert.That(MethodGuides.Find("shortgpt").Name, Is.EqualTo("block-influence"));
        Assert.That(() => MethodGuides.Find("best"), Throws.InstanceOf<BadInputException>().With.Message.Contains("uniform-obs"));
    }

    [Test]
    public void Only_searches_that_look_at_the_clock_are_given_an_effort_without_an_end() => Assert.That(
        MethodCatalog.All.OfType<PlannedMethod>().Where(method => method.Plan.HeedsTime).Select(method => method.Plan.GetType()).Distinct(),
        Is.EqualTo(new[] { typeof(MeasuredSearch) }));

    [Test]
    public void Guides_are_whole()
    {
        foreach (var guide in MethodGuides.All)
        {
            string[] texts = [guide.Published, guide.Here, .. guide.Example, .. guide.Differences, .. guide.Options.Select(option => option.Help)];
            Assert.That(texts, Has.None.Empty, guide.Name);
            Assert.That(guide.Example[0], Does.StartWith("forgeprune "));
            // Eighty columns, less what stands around a line that goes on.
            Assert.That(guide.Example.Max(line => line.Length), Is.LessThanOrEqualTo(74), guide.Name);
            Assert.That(guide.Papers, Is.Not.Empty, guide.Name);
            foreach (var paper in guide.Papers)
                Assert.That(paper.ArXiv, Does.Match(@"^\d{4}\.\d{5}$").And.StartWith($"{paper.Year % 100:00}"), paper.Title);
        }
    }

    [TestCase("--selection-tokens", "darwinlm")]
    [TestCase("--stages", "adapt-pruner")]
    [TestCase("--regularize-tokens", "dress")]
    [TestCase("--proposer", "self-pruner", "self-pruner-obs")]
    [TestCase("--proposer-url", "self-pruner", "self-pruner-obs")]
    [TestCase("--window")]
    public void An_option_belongs_to_the_methods_that_read_it(string option, params string[] methods) =>
        Assert.That(MethodGuides.Taking(option), Is.EqualTo(methods));
}
