using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>What training did: cut by cut, before the only one, or after the refit.</summary>
internal static class TrainingSection
{
    public static void Write(ReportPage page, RunSummary summary)
    {
        if (summary.Interleaved is { } interleaved)
        {
            page.Section("Cuts and training in turn", $"{Format.Count(interleaved.Tokens)} tokens in all. KL is in nats per token, on held-out text.");
            page.Table(new ReportTable("Stages", ["stage", "cost of dense", "KL after the cut", "tokens", "KL after training"],
                [.. interleaved.Stages.Select((stage, i) => (IReadOnlyList<Cell>)
                    [$"{i + 1}", Format.Share(stage.Kept), Format.Number(stage.KlCut), Format.Count(stage.Tokens), Format.Number(stage.KlTrained)])]));
        }

        if (summary.Regularization is { } regularization)
        {
            page.Section("Regularisation before the cut",
                "What leaves is pressed to nothing by training. Each row is what cutting there and then would do, on held-out text, before any refit; "
                + $"the refit{(regularization.Refitted ? "" : " did not help, and the logit factor alone")} brings the last to KL {Format.Number(regularization.KlRefitted)}.");
            page.Table(new ReportTable("Damage of the cut", ["tokens", "size of what leaves", "KL before the cut", "KL after it"],
                [.. regularization.Curve.Select(point => (IReadOnlyList<Cell>)
                    [Format.Count(point.Tokens), Format.Share(point.WeightShare), Format.Number(point.KlBefore), Format.Number(point.KlAfter)])]));
        }

        if (summary.Recovery is { } recovery)
            Recovery(page, recovery);
    }

    private static void Recovery(ReportPage page, RecoverySummary recovery)
    {
        var loss = recovery.Loss == "kl" ? "KL(dense ‖ pruned)" : "cross-entropy with the text";
        page.Section("Recovery", $"{Format.Count(recovery.Tokens)} tokens of training after the refit, towards the least {loss}. "
            + (recovery.Kept ? "" : "It did not help on held-out text: the model before it was written. ")
                + "The curve is of the text trained on, in nats per token.");
        if (recovery.Curve is { Count: > 1 } curve)
        {
            page.Charts(new Chart("Loss of training", ChartKind.Lines, [], "tokens", "nats per token",
                [new("loss", [.. curve.Select(point => (double?)point.Loss)], At: [.. curve.Select(point => (double)point.Tokens)])],
                $"Loss from {Format.Number(curve[0].Loss)} to {Format.Number(curve[^1].Loss)} over {Format.Count(curve[^1].Tokens)} tokens"));
            page.Table(new ReportTable("Loss of training", ["tokens", "loss"],
                [.. Enumerable.Range(0, Math.Min(6, curve.Count)).Select(i => curve[i * (curve.Count - 1) / Math.Min(5, curve.Count - 1)])
                    .Select(point => (IReadOnlyList<Cell>)[Format.Count(point.Tokens), Format.Number(point.Loss)])]));
        }

        page.Table(new ReportTable("On held-out text", ["", "KL", "perplexity"],
            [["after the refit", Format.Number(recovery.KlBefore), RunReport.Number(recovery.PerplexityBefore)],
                ["after training", Format.Number(recovery.KlAfter), RunReport.Number(recovery.PerplexityAfter)]]));
    }
}
