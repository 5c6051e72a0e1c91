namespace ForgePrune.Errors;

/// <summary>The result is not what it should be: a fault of ForgePrune or of the runtime. Nothing is called done. Exit code 3.</summary>
public sealed class ProofFailedException(string message) : ForgePruneException(message, 3);
