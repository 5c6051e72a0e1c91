using System.Globalization;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Who holds a run, as its lock's file says: process, machine, and the job of a scheduler.</summary>
/// <param name="Process">The process's number on its machine.</param>
/// <param name="Host">Its machine; null in the files of earlier versions.</param>
/// <param name="Job">What a scheduler calls the work, the same when it is started again; null outside of one.</param>
internal sealed record LockHolder(int Process, string? Host, string? Job)
{
    /// <summary>Names the job. Who sets it promises that two processes with the same value never run at once: schedulers start a job again only once it has
    /// ended.</summary>
    public const string JobVariable = "FORGEPRUNE_JOB";

    /// <summary>More than a lock's file of ours can hold.</summary>
    public const int LongestText = 256;

    private const int LongestJob = 100;

    public static LockHolder Own => new(Environment.ProcessId, ProcessName.Host, GivenJob);

    private static string? GivenJob => Environment.GetEnvironmentVariable(JobVariable) is { Length: > 0 } job ? Plain(job) : null;

    /// <summary>Null where the text is nobody's.</summary>
    public static LockHolder? Parse(string text)
    {
        var lines = text.Split('\n');
        return lines.Length is > 0 and <= 4 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new LockHolder(id, Line(1), Line(2)) : null;

        string? Line(int index) => index < lines.Length && lines[index].Length > 0 ? lines[index] : null;
    }

    /// <summary>Whether this process may take over what the holder left. The operating system tells of processes of its own machine; of others nobody but their
    /// scheduler knows.</summary>
    public bool IsGone(LockHolder taker) => Host is null || Host == taker.Host || (Job is not null && Job == taker.Job);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Process}\n{Host}\n{Job}\n");

    private static string Plain(string job) =>
        string.Concat(job.Select(letter => char.IsAsciiLetterOrDigit(letter) || "-_.:/".Contains(letter) ? letter : '-'))[..Math.Min(job.Length, LongestJob)];
}
