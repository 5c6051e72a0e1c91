using ForgePrune.Evaluation.Tasks;

namespace ForgePrune.Tests.Evaluation.Tasks;

[Parallelizable(ParallelScope.All)]
public sealed class ScoringTests
{
    [Test]
    public void Accuracy_takes_the_likeliest_and_acc_norm_divides_by_characters_and_acc_bytes_by_bytes()
    {
        // Sums −4, −4.5, −6.5; per character −4, −1.5, −3.25; per byte −4, −1.5, −6.5/5 = −1.3: three different winners.
        var question = TaskQuestion.Of(1, "c", ["a", "abc", "é€"], 0);
        Assert.That(Metrics(new ChoiceScoring(normalized: true), (question, [-4, -4.5, -6.5])),
            Is.EqualTo(new[] { ("acc", 1.0), ("acc_norm", 0.0), ("acc_bytes", 0.0) }));
        Assert.That(Metrics(new ChoiceScoring(normalized: true), (question with { Right = [false, true, false] }, [-4, -4.5, -6.5])).Select(m => m.Value),
            Is.EqualTo(new[] { 0.0, 1.0, 0.0 }));
        Assert.That(Metrics(new ChoiceScoring(normalized: true), (question with { Right = [false, false, true] }, [-4, -4.5, -6.5])).Select(m => m.Value),
            Is.EqualTo(new[] { 0.0, 0.0, 1.0 }));
    }

    [Test]
    public void A_character_is_a_code_point_as_in_python()
    {
        // Two emoji are two characters, four UTF-16 units: −4 / 2 loses to −1.9 / 1, where −4 / 4 would win.
        var question = TaskQuestion.Of(1, "c", ["😀😀", "x"], 1);
        Assert.That(Metrics(new ChoiceScoring(normalized: true), (question, [-4, -1.9]))[1], Is.EqualTo(("acc_norm", 1.0)));
    }

    [Test]
    public void Of_equal_choices_the_first_counts() =>
        Assert.That(Metrics(new ChoiceScoring(normalized: false), (TaskQuestion.Of(1, "c", ["a", "b"], 0), [-2, -2]))[0].Value, Is.EqualTo(1));

    [Test]
    public void Mc2_is_the_right_answers_share_of_probability_even_where_exp_underflows()
    {
        var question = TaskQuestion.Of(1, "c", ["a", "b", "c"], 0) with { Right = [true, true, false] };
        double[] logs = [Math.Log(0.1), Math.Log(0.2), Math.Log(0.1)];
        Assert.That(Metrics(new RightShareScoring(), (question, logs))[0].Value, Is.EqualTo(0.75).Within(1e-12));
        Assert.That(Metrics(new RightShareScoring(), (question, [.. logs.Select(log => log - 2000)]))[0].Value, Is.EqualTo(0.75).Within(1e-9));
    }

    [Test]
    public void Lambada_counts_greedy_words_and_averages_per_word()
    {
        var questions = new[] { TaskQuestion.Of(1, "c", ["a"], 0), TaskQuestion.Of(2, "c", ["b"], 0) };
        var metrics = new LastWordScoring().Score(questions, [[new Likelihood(-1, true)], [new Likelihood(-3, false)]]);
        Assert.That(metrics[0], Is.EqualTo(new TaskMetric("acc", 0.5, 0.5)));
        Assert.That(metrics[1].Value, Is.EqualTo(Math.Exp(2)).Within(1e-12));
        // Standard error of the mean of 1 and 3 is 1; times exp's slope.
        Assert.That(metrics[1].StandardError, Is.EqualTo(Math.Exp(2)).Within(1e-12));
    }

    [Test]
    public void The_standard_error_is_that_of_a_sample_mean()
    {
        // Four values, deviations 0.75² + 3·0.25² = 0.75; 0.75 / 3 / 4 = 1/16.
        Assert.That(TaskMetric.Mean("acc", [1, 0, 0, 0]), Is.EqualTo(new TaskMetric("acc", 0.25, 0.25)));
        Assert.That(TaskMetric.Mean("acc", [1]).StandardError, Is.Null);
    }

    [Test]
    public void A_group_weighs_its_tasks_by_questions_and_pools_their_variances()
    {
        var (a, b) = (TaskMetric.Mean("acc", [1, 0, 0, 0]), TaskMetric.Mean("acc", [1, 1, 0]));
        var pooled = TaskMetric.Pooled([(a, 4), (b, 3)]);
        Assert.That(pooled.Value, Is.EqualTo(3 / 7.0).Within(1e-12));
        // Squared deviations 0.75 and 2/3, with 3 + 2 degrees of freedom, over 7 questions.
        Assert.That(pooled.StandardError, Is.EqualTo(Math.Sqrt((0.75 + 2 / 3.0) / 5 / 7)).Within(1e-12));
    }

    private static (string Name, double Value)[] Metrics(ITaskScoring scoring, (TaskQuestion Question, double[] Logs) one) =>
        [.. scoring.Score([one.Question], [[.. one.Logs.Select(log => new Likelihood(log, false))]]).Select(metric => (metric.Name, metric.Value))];
}
