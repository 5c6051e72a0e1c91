namespace ForgePrune.Errors;

/// <summary>A fault with the exit code that the tool ends with. The message is one sentence a user can act on.</summary>
public abstract class ForgePruneException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>1 target not met, 2 bad input, 3 broken environment.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>The input is wrong: the message says what, where, the value, what is allowed and the cure. Exit code 2.</summary>
public sealed class BadInputException(string message, Exception? inner = null) : ForgePruneException(message, 2, inner);

/// <summary>The machine lacks something that the work needs: a library, a device, room on the disk. Exit code 3.</summary>
public sealed class BrokenEnvironmentException(string message, Exception? inner = null) : ForgePruneException(message, 3, inner);
