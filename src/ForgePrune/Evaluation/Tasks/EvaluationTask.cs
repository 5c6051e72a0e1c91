namespace ForgePrune.Evaluation.Tasks;

/// <summary>A task whose questions are answered by the likelihoods of given texts; no text is generated.</summary>
/// <param name="Name">The name of the task, as in lm-evaluation-harness where it has the task.</param>
/// <param name="Group">The group whose tasks are also scored together, such as mmlu; null for none.</param>
/// <param name="Scoring">The metrics.</param>
/// <param name="Protocol">The format of the prompts and its differences from the harness, printed beside the figures.</param>
/// <param name="Questions">The questions, in the order of the file.</param>
public sealed record EvaluationTask(string Name, string? Group, ITaskScoring Scoring, string Protocol, IReadOnlyList<TaskQuestion> Questions);

/// <summary>One question with its choices.</summary>
/// <param name="Line">The line of the file where the question begins, from 1, for messages.</param>
/// <param name="Requests">The request of each choice.</param>
/// <param name="Choices">The choices without the space that separates them from the context; acc_norm divides by their lengths.</param>
/// <param name="Right">Whether each choice is a correct answer.</param>
public sealed record TaskQuestion(long Line, IReadOnlyList<TaskRequest> Requests, IReadOnlyList<string> Choices, IReadOnlyList<bool> Right)
{
    /// <summary>A question with one context; each choice follows it after a space.</summary>
    public static TaskQuestion Of(long line, string context, IReadOnlyList<string> choices, int gold) =>
        new(line, [.. choices.Select(choice => new TaskRequest(context, " " + choice))], choices, [.. choices.Select((_, i) => i == gold)]);
}

/// <summary>The request for the likelihood of a continuation after a context.</summary>
/// <param name="Context">The text before the continuation; it may be empty.</param>
/// <param name="Continuation">The text whose likelihood is asked for.</param>
public readonly record struct TaskRequest(string Context, string Continuation);

/// <summary>The likelihood of a continuation.</summary>
/// <param name="Log">The natural logarithm of the probability of the continuation given the context.</param>
/// <param name="Greedy">Whether every token of the continuation is the most likely one, as greedy decoding would choose.</param>
public readonly record struct Likelihood(double Log, bool Greedy);
