using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class Consoles
{
    private const int ReadableWidth = 80;

    public static IAnsiConsole For(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = ReadableWidth;
        return console;
    }
}
