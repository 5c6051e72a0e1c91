namespace ForgePrune.Evaluation;

/// <summary>How many rows of logits are worth computing at once.</summary>
internal static class LogitRows
{
    /// <summary>64 MB of logits: enough rows for the product with the head to run at full speed, few enough for any vocabulary.</summary>
    private const int Bytes = 64 << 20;

    public static int PerBlock(int vocab) => Math.Clamp(Bytes / (sizeof(float) * vocab), 16, 512);
}
