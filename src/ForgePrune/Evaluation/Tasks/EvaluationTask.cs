namespace ForgePrune.Evaluation.Tasks;

/// <summary>Questions that a model answers by how likely it finds given texts; nothing is generated.</summary>
/// <param name="Name">As lm-evaluation-harness names it, where it has the task.</param>
/// <param name="Group">Tasks whose questions are also counted together, such as mmlu; null for none.</param>
/// <param name="Scoring">What is made of the likelihoods.</param>
/// <param name="Protocol">How the prompts are made, and where that differs from the harness: printed beside the figures.</param>
public sealed record EvaluationTask(string Name, string? Group, ITaskScoring Scoring, string Protocol, IReadOnlyList<TaskQuestion> Questions);

/// <param name="Line">Where the question begins in its file, counted from 1; for messages.</param>
/// <param name="Requests">One per choice.</param>
/// <param name="Choices">The choices without the space that parts them from the context: their lengths are what acc_norm divides by.</param>
/// <param name="Right">Whether each choice is right.</param>
public sealed record TaskQuestion(long Line, IReadOnlyList<TaskRequest> Requests, IReadOnlyList<string> Choices, IReadOnlyList<bool> Right)
{
    /// <summary>One context, and each choice after a space.</summary>
    public static TaskQuestion Of(long line, string context, IReadOnlyList<string> choices, int gold) =>
        new(line, [.. choices.Select(choice => new TaskRequest(context, " " + choice))], choices, [.. choices.Select((_, i) => i == gold)]);
}

/// <summary>How likely is <paramref name="Continuation"/> after <paramref name="Context"/>?</summary>
public readonly record struct TaskRequest(string Context, string Continuation);

/// <param name="Log">Natural logarithm of the continuation's probability given the context.</param>
/// <param name="Greedy">Whether every token of it is the likeliest at its place.</param>
public readonly record struct Likelihood(double Log, bool Greedy);
