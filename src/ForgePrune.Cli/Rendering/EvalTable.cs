using ForgePrune.Cli.Engine;
using ForgePrune.Methods.Comparison;
using ForgePrune.Reports;
using ForgePrune.Serving;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class EvalTable
{
    public static void Show(IAnsiConsole console, EvalFigures figures)
    {
        if (figures.Perplexity is { } perplexity)
        {
            Facts.Show(console,
            [
                ("perplexity", Format.Number(perplexity)),
                ("KL, nats per token", figures.Kl is { } kl ? Format.Number(kl, "0.000000") : null),
                ("tokens scored", figures.Tokens is { } tokens ? Format.Count(tokens) : null),
            ]);
        }

        if (figures.Tasks is { } tasks)
            Tasks(console, tasks);
    }

    private static void Tasks(IAnsiConsole console, IReadOnlyList<TaskFigures> tasks)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("task").AddColumn("metric").AddColumn("value", Right).AddColumn("± stderr", Right).AddColumn("questions", Right);
        foreach (var task in tasks)
        {
            var name = task.Task;
            foreach (var (metric, figure) in task.Metrics)
            {
                table.AddRow(name, metric, SpreadText.Number(figure.Value, "0.0000"), figure.Stderr is { } error ? SpreadText.Number(error, "0.0000") : "–",
                    name.Length > 0 ? Format.Count(task.Questions) : "");
                name = "";
            }
        }

        console.Write(table);
        console.WriteLine("0-shot; log-likelihood of each choice given its context");
        foreach (var protocol in tasks.GroupBy(task => task.Protocol))
            console.WriteLine($"{Names(protocol)}: {protocol.Key}");
        foreach (var task in tasks.Where(task => task.Cut > 0))
            console.WriteLine($"{task.Task}: {Format.Count(task.Cut)} of {Format.Count(task.Requests)} requests were longer than the model's positions and lost their beginning");
    }

    private static string Names(IEnumerable<TaskFigures> tasks) => tasks.ToArray() is { Length: > 3 } many
        ? $"{many[0].Task} and {many.Length - 1} more" : string.Join(", ", tasks.Select(task => task.Task));

    private static void Right(TableColumn column) => column.RightAligned();
}
