using System.Text;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>What is made of the likelihoods of a task's requests. Definitions: EleutherAI lm-evaluation-harness 0.4.</summary>
public interface ITaskScoring
{
    /// <param name="questions">At least one.</param>
    /// <param name="answers">For each question the likelihood of each of its requests.</param>
    IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers);
}

/// <summary>The likeliest choice should be the right one. Of equal ones the first counts, as NumPy's argmax has it.</summary>
/// <param name="normalised">Also acc_norm and acc_bytes: each log-likelihood divided by the choice's length in characters (code points,
/// Python's len) or in bytes of UTF-8. The harness calls the first acc_norm; for ASCII they agree.</param>
public sealed class ChoiceScoring(bool normalised) : ITaskScoring
{
    public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers)
    {
        TaskMetric Accuracy(string name, Func<string, double> length) => TaskMetric.Mean(name,
            [.. questions.Zip(answers, (question, answer) => question.Right[Top(answer, question.Choices, length)] ? 1.0 : 0.0)]);
        var accuracy = Accuracy("acc", _ => 1);
        return normalised
            ? [accuracy, Accuracy("acc_norm", text => text.EnumerateRunes().Count()), Accuracy("acc_bytes", text => Encoding.UTF8.GetByteCount(text))]
            : [accuracy];
    }

    private static int Top(Likelihood[] answer, IReadOnlyList<string> choices, Func<string, double> length)
    {
        var scores = answer.Select((likelihood, i) => likelihood.Log / length(choices[i])).ToArray();
        return Array.IndexOf(scores, scores.Max());
    }
}

/// <summary>The share of the right answers' probability in that of all answers (TruthfulQA's mc2). As in the harness the right ones are
/// those before the first wrong one.</summary>
public sealed class RightShareScoring : ITaskScoring
{
    public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers) =>
        [TaskMetric.Mean("acc", [.. questions.Zip(answers, Share)])];

    // Relative to the likeliest answer: exp of all of them could underflow to 0 / 0.
    private static double Share(TaskQuestion question, Likelihood[] answer)
    {
        var top = answer.Max(likelihood => likelihood.Log);
        var weights = answer.Select(likelihood => Math.Exp(likelihood.Log - top)).ToArray();
        return weights.Zip(question.Right).TakeWhile(answer => answer.Second).Sum(answer => answer.First) / weights.Sum();
    }
}

/// <summary>The one continuation should be what greedy decoding writes (LAMBADA); beside it exp of the mean negative log-likelihood per
/// continuation, not per token.</summary>
public sealed class LastWordScoring : ITaskScoring
{
    public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers) =>
    [
        TaskMetric.Mean("acc", [.. answers.Select(answer => answer[0].Greedy ? 1.0 : 0.0)]),
        TaskMetric.ExpMean("perplexity", [.. answers.Select(answer => -answer[0].Log)]),
    ];
}
