namespace ForgePrune.Cli;

/// <summary>What the process ends with where its work is not done.</summary>
internal static class ExitCode
{
    public const int TargetNotMet = 1, BadInput = 2, Broken = 3, Interrupted = 130;
}
