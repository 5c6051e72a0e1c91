using System.Globalization;
using ForgePrune.Reports;
using ForgePrune.Runs;

namespace ForgePrune.Onnx.Reports;

/// <summary>What training did while the model was pruned: cut by cut, or before the only one.</summary>
internal static class TrainingSection
{
    public static void Write(ReportPage page, RunSummary summary)
    {
        if (summary.Interleaved is { } interleaved)
        {
            page.Section("Cuts and training in turn", $"{RunReport.Count(interleaved.Tokens)} tokens in all. KL is in nats per token, on held-out text.");
            page.Table(new ReportTable("Stages", ["stage", "cost of dense", "KL after the cut", "tokens", "KL after training"],
                [.. interleaved.Stages.Select((stage, i) => (IReadOnlyList<Cell>)
                    [$"{i + 1}", RunReport.Percent(stage.Kept), Kl(stage.KlCut), RunReport.Count(stage.Tokens), Kl(stage.KlTrained)])]));
        }

        if (summary.Regularization is { } regularization)
        {
            page.Section("Regularisation before the cut",
                "What leaves is pressed to nothing by training. Each row is what cutting there and then would do, on held-out text, before any refit; "
                + $"the refit{(regularization.Refitted ? "" : " did not help, and the logit factor alone")} brings the last to KL {Kl(regularization.KlRefitted)}.");
            page.Table(new ReportTable("Damage of the cut", ["tokens", "size of what leaves", "KL before the cut", "KL after it"],
                [.. regularization.Curve.Select(point => (IReadOnlyList<Cell>)
                    [RunReport.Count(point.Tokens), RunReport.Percent(point.WeightShare), Kl(point.KlBefore), Kl(point.KlAfter)])]));
        }
    }

    private static string Kl(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
