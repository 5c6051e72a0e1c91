using System.Text;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>The metrics of a task from the likelihoods of its requests, as defined by EleutherAI lm-evaluation-harness 0.4.</summary>
public interface ITaskScoring
{
    /// <summary>Computes the metrics.</summary>
    /// <param name="questions">The questions; at least one.</param>
    /// <param name="answers">The likelihood of each request of each question.</param>
    IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers);
}

/// <summary>Accuracy: the share of questions whose most likely choice is correct. Of equal likelihoods the first counts, as in NumPy's argmax.</summary>
/// <param name="normalized">Whether to compute acc_norm and acc_bytes too: each log-likelihood divided by the choice's length in characters (code points,
/// Python's len) or in bytes of UTF-8. The harness calls the first acc_norm; for ASCII they agree.</param>
public sealed class ChoiceScoring(bool normalized) : ITaskScoring
{
    /// <inheritdoc/>
    public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers)
    {
        TaskMetric Accuracy(string name, Func<string, double> length) => TaskMetric.Mean(name,
            [.. questions.Zip(answers, (question, answer) => question.Right[Top(answer, question.Choices, length)] ? 1.0 : 0.0)]);
        var accuracy = Accuracy("acc", _ => 1);
        return normalized
            ? [accuracy, Accuracy("acc_norm", text => text.EnumerateRunes().Count()), Accuracy("acc_bytes", text => Encoding.UTF8.GetByteCount(text))]
            : [accuracy];
    }

    private static int Top(Likelihood[] answer, IReadOnlyList<string> choices, Func<string, double> length)
    {
        var scores = answer.Select((likelihood, i) => likelihood.Log / length(choices[i])).ToArray();
        return Array.IndexOf(scores, scores.Max());
    }
}

/// <summary>The probability of the correct answers relative to that of all answers (mc2 of TruthfulQA, Lin et al. 2022). As in the harness,
/// the correct answers are those before the first incorrect one.</summary>
public sealed class RightShareScoring : ITaskScoring
{
    /// <inheritdoc/>
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

/// <summary>The metrics of LAMBADA (Paperno et al. 2016): the share of continuations that greedy decoding writes, and exp of the mean negative log-likelihood
/// per continuation (not per token).</summary>
public sealed class LastWordScoring : ITaskScoring
{
    /// <inheritdoc/>
    public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers) =>
    [
        TaskMetric.Mean("acc", [.. answers.Select(answer => answer[0].Greedy ? 1.0 : 0.0)]),
        TaskMetric.ExpMean("perplexity", [.. answers.Select(answer => -answer[0].Log)]),
    ];
}
