namespace ForgePrune.Errors;

/// <summary>A check of a result failed, because of a defect of ForgePrune or of the runtime. The result must not be used.</summary>
/// <param name="message">One sentence with the measured difference and the allowed one.</param>
public sealed class ProofFailedException(string message) : ForgePruneException(message);
