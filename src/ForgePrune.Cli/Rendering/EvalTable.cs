using ForgePrune.Cli.Engine;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class EvalTable
{
    public static void Show(IAnsiConsole console, EvalFigures figures) => Facts.Show(console,
    [
        ("perplexity", Format.Number(figures.Perplexity)),
        ("KL, nats per token", figures.Kl is { } kl ? Format.Number(kl, "0.000000") : null),
        ("tokens scored", Format.Count(figures.Tokens)),
    ]);
}
