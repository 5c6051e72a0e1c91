namespace ForgePrune.Cli;

/// <summary>Ctrl-C asks the work to stop at its next step; a second one ends the process, which loses nothing that a manifest proves.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();

    public StopSignal() => Console.CancelKeyPress += OnCancel;

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs press)
    {
        if (source.IsCancellationRequested)
            return;
        press.Cancel = true;
        source.Cancel();
    }
}
