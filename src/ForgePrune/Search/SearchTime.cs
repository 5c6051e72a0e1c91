using System.Diagnostics;

namespace ForgePrune.Search;

/// <summary>The time that a search may take, counted over all processes that work on it.</summary>
public sealed class SearchTime
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TimeSpan most;
    private readonly SearchFolder? folder;
    private readonly TimeSpan before;

    /// <summary>Time that begins now, or goes on where an earlier process stopped.</summary>
    /// <param name="most">The time of the whole search.</param>
    /// <param name="folder">The folder of its state; null keeps none.</param>
    public SearchTime(TimeSpan most, SearchFolder? folder)
    {
        (this.most, this.folder) = (most, folder);
        before = TimeSpan.FromSeconds(folder?.Spent?.Seconds ?? 0);
    }

    /// <summary>Whether no further step should begin.</summary>
    public bool IsOver => before + clock.Elapsed >= most;

    /// <summary>The share of the time that is spent, in whole percent, at most 100.</summary>
    public int Percent => (int)Math.Min(100, 100 * ((before + clock.Elapsed) / most));

    /// <summary>Keeps what was spent so far.</summary>
    internal void Keep()
    {
        if (folder is not null)
            folder.Spent = new SpentTime((before + clock.Elapsed).TotalSeconds);
    }
}

/// <summary>The time that a search has taken.</summary>
internal sealed record SpentTime(double Seconds);
