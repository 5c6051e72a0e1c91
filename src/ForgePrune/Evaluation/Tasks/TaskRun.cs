using ForgePrune.Progress;
using ForgePrune.Tokens;

namespace ForgePrune.Evaluation.Tasks;

/// <param name="Questions">Asked.</param>
/// <param name="Requests">Continuations scored.</param>
/// <param name="Cut">Requests whose context lost its beginning because the model has too few positions.</param>
public sealed record TaskScore(EvaluationTask Task, IReadOnlyList<TaskMetric> Metrics, int Questions, int Requests, int Cut);

/// <summary>Asks a model all questions of a task.</summary>
/// <param name="bos">Begins every context; null for none, which is what the harness does unless told otherwise.</param>
/// <param name="prefix">Stands for an empty context.</param>
public sealed class TaskRun(ILikelihoodModel model, Tokenizer tokenizer, int? bos, int prefix)
{
    /// <param name="limit">Questions taken from the front of the task; null takes all.</param>
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
