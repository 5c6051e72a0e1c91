namespace ForgePrune.Errors;

/// <summary>A fault that the caller can do something about. The message is one sentence that says what is wrong, where, and what helps.</summary>
/// <remarks>A message names a setting by the property of the settings record, in backquotes, such as <c>raise `Memory`</c>; a nested
/// property has its path, such as <c>`Recovery.Rate`</c>. A host with other names for its settings replaces them before it shows the message.</remarks>
public abstract class ForgePruneException : Exception
{
    /// <param name="message">One sentence for the user.</param>
    /// <param name="inner">The fault behind this one; null for none.</param>
    private protected ForgePruneException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The input is wrong. The message says what is wrong, where, the value that was found, the values that are allowed, and the cure.</summary>
/// <param name="message">One sentence for the user.</param>
/// <param name="inner">The fault behind this one; null for none.</param>
public sealed class BadInputException(string message, Exception? inner = null) : ForgePruneException(message, inner);

/// <summary>The machine lacks something that the work needs: a library, a device, or free disk space.</summary>
/// <param name="message">One sentence for the user.</param>
/// <param name="inner">The fault behind this one; null for none.</param>
public sealed class BrokenEnvironmentException(string message, Exception? inner = null) : ForgePruneException(message, inner);
