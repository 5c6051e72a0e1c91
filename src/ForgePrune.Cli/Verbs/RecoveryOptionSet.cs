using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Pipeline;
using ForgePrune.Training;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that say whether and how a pruned model is trained.</summary>
internal sealed class RecoveryOptionSet
{
    private const string AskingName = "--recover";

    private static readonly RecoveryOptions Usual = new() { Tokens = 0 };

    private readonly Option<int?> tokens = Options.Typed<int?>(AskingName, "TOKENS",
        "Train the refitted model on so many tokens, toward the dense one. [default: no training]", text => Values.Whole(AskingName, text, 1, int.MaxValue));

    private readonly Option<string?> text = Options.Typed<string?>("--recover-text", "FILE",
        "Text, JSONL or .bin token ids to train on. [default: the fitting part of the calibration text]", value =>
            Values.ExistingText("--recover-text", value));

    private readonly Option<RecoveryLoss?> loss = Options.Typed<RecoveryLoss?>("--recover-loss", "kl|ce",
        "kl: the dense model's predictions; ce: the text's next tokens. [default: kl]", Loss);

    private readonly Option<RecoveryScope?> scope = Options.Typed<RecoveryScope?>("--recover-scope", "all|lora:RANK|scales",
        "all: every weight; lora: matrices of low rank beside the projections; scales: factors of channels. Norms always. [default: all]", Scope);

    private readonly Option<double?> rate = Options.Typed<double?>("--recover-rate", "RATE",
        $"Largest learning rate. [default: {Format(RecoveryScope.All.UsualRate)}; lora {Format(RecoveryScope.Lora(1).UsualRate)}, scales {Format(RecoveryScope.Scales.UsualRate)}]", value => Values.Number("--recover-rate", value, 1e-8, 1));

    /// <summary>What a first training needs.</summary>
    public IEnumerable<Option> Asking => [tokens, text];

    public IEnumerable<Option> Details => [loss, scope, rate];

    /// <returns>Null where no training is asked for.</returns>
    public RecoverySettings? Read(ParseResult line)
    {
        var trained = line.GetValue(scope) ?? RecoveryScope.All;
        if (line.GetValue(tokens) is { } count)
        {
            return new RecoverySettings(count, line.GetValue(text), line.GetValue(loss) ?? Usual.Loss, line.GetValue(rate) ?? trained.UsualRate)
            {
                Scope = trained,
            };
        }

        foreach (var option in Options.Given(line, Asking.Concat(Details)))
            throw new BadInputException($"{option.Name} says how to train, but nothing is trained; give {AskingName} TOKENS as well, or leave it out");
        return null;
    }

    private static RecoveryLoss? Loss(string value) => value switch
    {
        "kl" => RecoveryLoss.Kl,
        "ce" => RecoveryLoss.Ce,
        _ => throw new BadInputException($"--recover-loss '{value}' is unknown; use kl or ce"),
    };

    private static RecoveryScope? Scope(string value) => RecoveryScope.Parse(value);

    private static string Format(double value) => value.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);
}
