using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ForgePrune.Cli.Rendering;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Progress;
using Spectre.Console;

namespace ForgePrune.Cli;

/// <summary>What every verb works with: the wish to stop, and where figures and progress go.</summary>
internal sealed class Session(CancellationToken stop)
{
    private bool saidThreads;

    public CancellationToken Stop { get; } = stop;

    /// <summary>Figures for people. Eighty columns when nobody's terminal says otherwise.</summary>
    public IAnsiConsole Out { get; } = Consoles.For(Console.Out, Console.IsOutputRedirected);

    /// <summary>Remarks and progress: never on stdout, which carries figures only.</summary>
    public IAnsiConsole Error { get; } = Consoles.For(Console.Error, Console.IsErrorRedirected);

    /// <summary>The threads that work takes of those asked for; says once where that is fewer.</summary>
    public int Threads(int asked) => RunThreads.Of(asked, note =>
    {
        if (!saidThreads)
            Error.WriteLine(note);
        saidThreads = true;
    });

    /// <summary>Runs long work under a progress view that suits the terminal.</summary>
    public T WithProgress<T>(Func<IProgressReport, T> work) =>
        Console.IsErrorRedirected ? work(new PlainProgress(Console.Error, TimeProvider.System)) : LiveProgress.Run(Error, work);

    /// <summary>Prints figures: as JSON alone, or as <paramref name="show"/> lays them out.</summary>
    public void Print<T>(bool json, T figures, JsonTypeInfo<T> type, Action<IAnsiConsole, T> show)
    {
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(figures, type));
        else
            show(Out, figures);
    }
}
