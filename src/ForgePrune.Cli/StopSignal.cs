using System.Runtime.InteropServices;

namespace ForgePrune.Cli;

/// <summary>Ctrl-C, and SIGTERM as services and queues send it, ask the work to stop at its next step; a second one ends the process, which loses nothing
/// that a manifest proves.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration terminate;

    public StopSignal()
    {
        Console.CancelKeyPress += OnCancel;
        // Unheard, it would end the process where it stands and leave half a folder behind.
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = Asked());
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        terminate.Dispose();
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs press) => press.Cancel = Asked();

    /// <returns>Whether it was asked for the first time.</returns>
    private bool Asked()
    {
        if (source.IsCancellationRequested)
            return false;
        source.Cancel();
        return true;
    }
}
