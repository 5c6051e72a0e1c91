using System.Text.RegularExpressions;

namespace ForgePrune.Cli.Rendering;

/// <summary>The options of the command line behind the settings that the libraries name. A message of a library says <c>raise `Memory`</c>, after
/// the property of the settings record; at the command line the same sentence says <c>raise --memory</c>.</summary>
internal static partial class OptionNames
{
    /// <summary>Options by the path of the property: from <c>PruneSettings</c>, from <c>StudySettings</c>, or <c>RecoveryOptions.Rate</c>.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["Calibration"] = "--calibration",
        ["Continuations"] = "--continuations",
        ["Gguf"] = "--type",
        ["Memory"] = "--memory",
        ["Method"] = "--method",
        ["Out"] = "--out",
        ["Polish"] = "--polish",
        ["Proposer"] = "--proposer",
        ["Proposer.Model"] = "--proposer-model",
        ["Proposer.Url"] = "--proposer-url",
        ["Provider"] = "--provider",
        ["Provider.CudaGraph"] = "--cuda-graph",
        ["Quantize"] = "--quantize",
        ["Quantize.Block"] = "--quantize-block",
        ["Quantize.Method"] = "--quantize-method",
        // Every training has a rate, and which command runs it is not known to the trainer.
        ["Rate"] = "--recover-rate (in a study --rate)",
        ["Recovery"] = "--recover",
        ["Recovery.Rate"] = "--recover-rate",
        ["Recovery.Scope"] = "--recover-scope",
        ["Recovery.Text"] = "--recover-text",
        ["RegularizeTokens"] = "--regularize-tokens",
        ["SelectionTokens"] = "--selection-tokens",
        ["Shapes"] = "--shapes",
        ["Stages"] = "--stages",
        ["Target.Metric"] = "--metric",
        ["Text"] = "--text",
        ["Threads"] = "--threads",
        ["Time"] = "--time",
        ["TimingSeconds"] = "--timing-seconds",
        ["Tokens"] = "--tokens",
        ["Window"] = "--window",
        ["Workload.Batch"] = "BATCH of --workload",
        ["Workload.Context"] = "CONTEXT of --workload",
        ["Workload.Prompt"] = "PROMPT of --workload",
    };

    /// <summary>The message with every known setting in backquotes replaced by its option; all other text stays.</summary>
    public static string Spell(string message) => Setting().Replace(message, match => All.GetValueOrDefault(match.Groups[1].Value, match.Value));

    [GeneratedRegex("`([A-Za-z.]+)`")]
    private static partial Regex Setting();
}
