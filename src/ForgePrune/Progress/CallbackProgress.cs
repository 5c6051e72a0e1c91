namespace ForgePrune.Progress;

/// <summary>Calls back at once, on the thread that reports. <see cref="System.Progress{T}"/> would hand reports to the thread pool, out of order.</summary>
/// <param name="report">Receives every value. An exception of it ends the work that reports.</param>
internal sealed class CallbackProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
