using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Model;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Studies;

public sealed class StudyBudgetTests
{
    private static readonly StudyVocabulary Vocabulary = new(null, null, new Companions("", ""), 500, 1, [2]);

    private static readonly StudySettings Settings = new() { Model = "m", Text = "t", Out = "o", Sizes = [1, 2, 4], Threads = 1, Tokens = 100_000 };

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void Training_and_distillation_spend_the_budget_and_no_more(int size)
    {
        var (small, large) = (StudySizes.Config(1, Vocabulary, Settings.Window), StudySizes.Config(size, Vocabulary, Settings.Window));
        var budget = StudyBudget.Of(Settings, small);
        Assert.That(budget.Tokens, Is.InRange(100_000, 101_023).And.EqualTo(budget.Trained(1, small)));
        Assert.That(budget.Flops, Is.EqualTo(budget.Tokens * TrainingCompute.Training(small, Settings.Window)));
        var (training, distillation) = (TrainingCompute.Training(large, Settings.Window), TrainingCompute.Distillation(small, large, Settings.Window));
        var trained = budget.Trained(size, large);
        var distilled = budget.Distilled(small, large);
        Assert.That(trained * training, Is.InRange((0.75 * budget.Flops) - (1024 * training), 0.75 * budget.Flops));
        var left = budget.Flops - (trained * training) - (distilled * distillation);
        Assert.That(left, Is.InRange(0, 1024 * distillation), "less than one step is left");
        // Each number of tokens is whole steps, so a trainer makes no more of it.
        foreach (var options in new[] { budget.Training(trained, Settings), budget.Distillation(distilled, Settings) })
            Assert.That((long)options.Steps(Settings.Window) * options.WindowsPerStep(Settings.Window) * Settings.Window, Is.EqualTo(options.Tokens));
    }

    [Test]
    public void The_least_budget_that_is_named_is_enough()
    {
        var (small, large) = (StudySizes.Config(1, Vocabulary, Settings.Window), StudySizes.Config(8, Vocabulary, Settings.Window));
        StudyBudget Of(long tokens) => StudyBudget.Of(Settings with { Tokens = tokens }, small);
        var fault = Assert.Throws<BadInputException>(() => Of(2048).Trained(8, large))!;
        var named = long.Parse(fault.Message.Split("at least ")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(() => Of(named - 1024).Trained(8, large), Throws.TypeOf<BadInputException>());
        Assert.That(Of(named).Trained(8, large), Is.GreaterThanOrEqualTo(1024));
        Assert.That(Of(named).Distilled(large, large), Is.GreaterThanOrEqualTo(1024), "even with nothing pruned");
    }

    [Test]
    public void Sizes_have_their_multiple_of_prunable_weights_and_all_else_alike()
    {
        var small = StudySizes.Config(1, Vocabulary, Settings.Window);
        foreach (var size in new[] { 2, 3, 8 })
        {
            var large = StudySizes.Config(size, Vocabulary, Settings.Window);
            Assert.That(ModelSize.Of(large).Prunable, Is.EqualTo(size * ModelSize.Of(small).Prunable));
            Assert.That(ModelSize.Of(large).Total - ModelSize.Of(large).Prunable, Is.EqualTo(ModelSize.Of(small).Total - ModelSize.Of(small).Prunable));
        }
    }

    [Test]
    public void Without_tokens_the_computing_is_fixed_whatever_the_vocabulary()
    {
        var flops = new[] { 300, 32000 }.Select(vocab =>
        {
            var small = StudySizes.Config(1, Vocabulary with { Size = vocab }, Settings.Window);
            return (double)StudyBudget.Of(Settings with { Tokens = null }, small).Flops;
        }).ToArray();
        Assert.That(flops[1] / flops[0], Is.EqualTo(1).Within(0.02));
    }
}
