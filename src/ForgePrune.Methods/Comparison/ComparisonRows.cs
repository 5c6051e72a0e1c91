using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Methods.Comparison;

/// <summary>Gathers runs into rows.</summary>
internal static class ComparisonRows
{
    public const string Parameters = "parameters", Perplexity = "perplexity", Kl = "kl", Prefill = "prefill", Decode = "decode", Seconds = "seconds",
        Tokens = "tokens";

    public static IReadOnlyList<ComparisonRow> Of(IReadOnlyList<ComparedRun> runs) =>
        [.. runs.GroupBy(run => (run.Method, run.Target)).Select(group => Row(group.Key.Method, group.Key.Target, [.. group]))];

    /// <summary>Tokens that the written model was trained on; those of candidates and proposers are not counted.</summary>
    private static double? Trained(RunSummary summary) =>
        (summary.Recovery?.Tokens ?? 0) + (summary.Interleaved?.Tokens ?? 0) + (summary.Regularization?.Tokens ?? 0);

    private static ComparisonRow Row(string method, string target, ComparedRun[] runs)
    {
        var done = runs.Where(run => run.Summary is not null).ToArray();
        var figures = new Dictionary<string, Spread>();
        Add(Parameters, summary => summary.Parameters.After);
        Add(Perplexity, summary => summary.Perplexity.Pruned);
        Add(Kl, summary => summary.Kl);
        Add(Prefill, summary => summary.Speedup?.Prefill.Measured);
        Add(Decode, summary => summary.Speedup?.Decode.Measured);
        Add(Seconds, summary => summary.Seconds.Values.Sum());
        Add(Tokens, Trained);
        var tasks = done.SelectMany(run => run.Tasks ?? []).SelectMany(task => task.Metrics
            .Select(metric => (Name: $"{task.Task} {metric.Key}", metric.Value.Value)));
        foreach (var task in tasks.GroupBy(task => task.Name))
            figures[task.Key] = Spread.Of([.. task.Select(value => value.Value)]);
        return new ComparisonRow(method, target, [.. done.Select(run => run.Seed)], figures,
            done.Length == 0 ? runs[0].Shortfall : null);

        void Add(string name, Func<RunSummary, double?> figure)
        {
            double[] values = [.. done.Select(run => figure(run.Summary!)).OfType<double>()];
            if (values.Length > 0)
                figures[name] = Spread.Of(values);
        }
    }
}
