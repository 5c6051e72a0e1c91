namespace ForgePrune.Evaluation.Tasks;

/// <summary>A metric of a task, as defined by lm-evaluation-harness.</summary>
/// <param name="Name">The name: acc, acc_norm, acc_bytes or perplexity.</param>
/// <param name="Value">The value; a share from 0 to 1 for accuracies.</param>
/// <param name="StandardError">The standard error of <paramref name="Value"/>; null for a single question.</param>
public sealed record TaskMetric(string Name, double Value, double? StandardError)
{
    /// <summary>The mean and its standard error, from the sample variance with n − 1 degrees of freedom.</summary>
    public static TaskMetric Mean(string name, IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return new(name, mean, values.Count < 2 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count));
    }

    /// <summary>exp of the mean. Its standard error is that of the mean times the slope of exp (delta method), where the harness draws
    /// bootstrap samples for the same quantity.</summary>
    public static TaskMetric ExpMean(string name, IReadOnlyList<double> values)
    {
        var mean = Mean(name, values);
        var value = Math.Exp(mean.Value);
        return new(name, value, value * mean.StandardError);
    }

    /// <summary>The mean over the questions of several tasks, as the harness pools groups: values weighted by questions; the standard
    /// error from the variances pooled with n − 1 each.</summary>
    /// <param name="parts">The metric in each task, and how many questions the task has.</param>
    public static TaskMetric Pooled(IReadOnlyList<(TaskMetric Metric, int Questions)> parts)
    {
        double all = parts.Sum(part => part.Questions), freedom = all - parts.Count;
        var squares = parts.Sum(part => (part.Questions - 1.0) * part.Questions * part.Metric.StandardError * part.Metric.StandardError);
        return new(parts[0].Metric.Name, parts.Sum(part => part.Metric.Value * part.Questions) / all,
            squares is { } sum && freedom > 0 ? Math.Sqrt(sum / freedom / all) : null);
    }
}
