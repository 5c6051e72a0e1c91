using ForgePrune.Progress;
using ForgePrune.Tokens;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>The score of a model in one task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Metrics">The metrics of the task.</param>
/// <param name="Questions">The number of questions.</param>
/// <param name="Requests">The number of scored continuations.</param>
/// <param name="Cut">The number of requests whose context was truncated because the model has too few positions.</param>
public sealed record TaskScore(EvaluationTask Task, IReadOnlyList<TaskMetric> Metrics, int Questions, int Requests, int Cut);

/// <summary>Runs a model on tasks.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="bos">The id before every context; null for none, the default of the harness.</param>
/// <param name="prefix">The id in place of an empty context.</param>
public sealed class TaskRun(ILikelihoodModel model, Tokenizer tokenizer, int? bos, int prefix)
{
    /// <summary>Runs one task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="limit">The number of questions from the front of the task; null for all.</param>
    /// <param name="progress">Receives the number of scored requests.</param>
    /// <param name="stop">Stops between two batches.</param>
    /// <exception cref="Errors.BadInputException">A question does not fit the model: its continuation is too long, or has no tokens of its own.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    public TaskScore Run(EvaluationTask task, int? limit, IProgressReport progress, CancellationToken stop)
    {
        var questions = task.Questions.Take(limit ?? int.MaxValue).ToArray();
        var requests = questions.SelectMany(question => question.Requests.Select(request => Tokens(task, question, request))).ToArray();
        var flat = Likelihoods(task.Name, requests, progress, stop);
        var answers = new List<Likelihood[]>(questions.Length);
        var next = 0;
        foreach (var question in questions)
        {
            answers.Add(flat[next..(next + question.Requests.Count)]);
            next += question.Requests.Count;
        }
        return new TaskScore(task, task.Scoring.Score(questions, answers), questions.Length, requests.Length, requests.Count(request => request.Cut > 0));
    }

    private RequestTokens Tokens(EvaluationTask task, TaskQuestion question, TaskRequest request)
    {
        var tokens = RequestTokens.Of(request, tokenizer, bos, prefix, model.Positions);
        if (tokens.Targets.Length == 0)
            throw TaskErrors.Merged(task.Name, question.Line);
        if (tokens.Targets.Length > model.Positions)
            throw TaskErrors.TooLong(task.Name, question.Line, tokens.Targets.Length, model.Positions);
        return tokens;
    }

    private Likelihood[] Likelihoods(string name, RequestTokens[] requests, IProgressReport progress, CancellationToken stop)
    {
        var rows = Rows(requests);
        // Time goes with tokens, and the longest come first: counted in questions, the time left would be far too long.
        var (done, total) = (0L, rows.Sum(row => (long)row.Input.Length));
        var result = new Likelihood[requests.Length];
        for (var start = 0; start < rows.Length;)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(name, done, total, $"tokens; {rows.Length} sequences");
            var batch = rows[start..Math.Min(rows.Length, start + model.BatchOf(rows[start].Input.Length))];
            model.Run(batch, (place, logits) =>
            {
                foreach (var (request, targets) in batch[place].Asked)
                    result[request] = batch[place].Of(targets, logits.Span);
            });
            start += batch.Length;
            done += batch.Sum(row => (long)row.Input.Length);
        }
        progress.Report(name, total, total);
        return result;
    }

    /// <summary>Equal inputs once, the longest first: a batch is filled up to its longest, and what fits in memory shows at the start.</summary>
    private static InputRow[] Rows(RequestTokens[] requests) =>
    [
        .. requests.Select((request, place) => (request, place))
            .GroupBy(item => item.request.Input, InputComparer.Instance)
            .Select(group => new InputRow(group.Key, [.. group.Select(item => (item.place, item.request.Targets))]))
            .OrderByDescending(row => row.Input.Length),
    ];

    private sealed class InputComparer : IEqualityComparer<int[]>
    {
        public static InputComparer Instance { get; } = new();

        public bool Equals(int[]? a, int[]? b) => a.AsSpan().SequenceEqual(b);

        public int GetHashCode(int[] ids)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(ids.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
