namespace ForgePrune.Progress;

/// <summary>Hears how far long work has come. The work knows nothing of how it is shown; calls may come from any thread.</summary>
public interface IProgressReport
{
    /// <summary>Work of <paramref name="stage"/> stands at <paramref name="done"/> of <paramref name="total"/> units; equal means it has ended.</summary>
    /// <param name="message">What is under way, in a few words ("layer 3 of 8"); empty when there is nothing to add.</param>
    void Report(string stage, long done, long total, string message = "");

    /// <summary>Says one thing worth knowing before or between stages.</summary>
    void Note(string message);
}

/// <summary>Nobody listens.</summary>
public sealed class NoProgress : IProgressReport
{
    /// <summary>The one instance.</summary>
    public static NoProgress Instance { get; } = new();

    /// <inheritdoc/>
    public void Report(string stage, long done, long total, string message = "")
    {
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
    }
}
